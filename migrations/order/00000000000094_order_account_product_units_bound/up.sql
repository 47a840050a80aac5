-- At least the number of units of each product in these orders.
ALTER TABLE order_account ADD COLUMN product_units_bound BIGINT NOT NULL DEFAULT 0;
