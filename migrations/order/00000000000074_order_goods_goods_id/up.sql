-- Orders of goods, newest first.
CREATE INDEX order_goods_goods_id_order_id_idx ON order_goods (goods_id, order_id);
