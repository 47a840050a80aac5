-- At least the number of unpaid orders of the customer up to counted_to.
ALTER TABLE order_account ADD COLUMN orders_bound BIGINT NOT NULL DEFAULT 0;
