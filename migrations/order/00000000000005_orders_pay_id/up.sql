-- The payment that paid the order; another one that is paid too is refunded.
ALTER TABLE orders ADD COLUMN pay_id BIGINT NULL;
