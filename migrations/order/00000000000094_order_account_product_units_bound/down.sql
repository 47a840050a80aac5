ALTER TABLE order_account DROP COLUMN product_units_bound;
