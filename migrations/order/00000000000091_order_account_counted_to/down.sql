ALTER TABLE order_account DROP COLUMN counted_to;
