ALTER TABLE order_act DROP COLUMN message;
