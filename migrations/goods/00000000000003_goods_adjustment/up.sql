-- Every change of stock that is not an order's, the opening stock included.
CREATE TABLE goods_adjustment (
    adjustment_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    delta BIGINT NOT NULL,
    reason VARCHAR(200) NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT goods_adjustment_adjustment_id_key PRIMARY KEY (adjustment_id)
);
CREATE INDEX goods_adjustment_goods_id_idx ON goods_adjustment (goods_id);
