CREATE TABLE order_goods (
    order_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    goods_number BIGINT NOT NULL,
    goods_price BIGINT NOT NULL,
    CONSTRAINT order_goods_order_id_goods_id_key PRIMARY KEY (order_id, goods_id),
    CONSTRAINT order_goods_goods_number_check CHECK (goods_number >= 1),
    CONSTRAINT order_goods_goods_price_check CHECK (goods_price >= 0)
);
