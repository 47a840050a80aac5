ALTER TABLE order_goods DROP COLUMN goods_name;
