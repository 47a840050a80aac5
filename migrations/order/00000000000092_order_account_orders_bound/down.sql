ALTER TABLE order_account DROP COLUMN orders_bound;
