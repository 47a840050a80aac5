-- The catalogue: goods on sale, newest first.
CREATE INDEX goods_on_sale_goods_id_idx ON goods (on_sale, goods_id);
