ALTER TABLE order_refund ADD COLUMN done_time BIGINT NULL;
