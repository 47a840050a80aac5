ALTER TABLE order_act DROP COLUMN data;
