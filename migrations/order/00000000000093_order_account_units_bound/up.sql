-- At least the number of units in these orders.
ALTER TABLE order_account ADD COLUMN units_bound BIGINT NOT NULL DEFAULT 0;
