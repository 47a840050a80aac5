CREATE TABLE goods (
    goods_id BIGINT NOT NULL,
    goods_name VARCHAR(200) NOT NULL,
    goods_number BIGINT NOT NULL,
    goods_price BIGINT NOT NULL,
    goods_desc VARCHAR(2000) NOT NULL,
    add_time BIGINT NOT NULL,
    CONSTRAINT goods_goods_id_key PRIMARY KEY (goods_id),
    CONSTRAINT goods_goods_number_check CHECK (goods_number >= 0),
    CONSTRAINT goods_goods_price_check CHECK (goods_price >= 0)
);
