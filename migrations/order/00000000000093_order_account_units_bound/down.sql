ALTER TABLE order_account DROP COLUMN units_bound;
