-- The name of the goods at the time of the order. NULL in older rows.
ALTER TABLE order_goods ADD COLUMN goods_name VARCHAR(200) NULL;
