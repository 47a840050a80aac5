-- Units that an order gave back with a refund, by line. The row of direction 2 in goods_number_log gives back the rest.
CREATE TABLE goods_number_part (
    refund_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    goods_number BIGINT NOT NULL,
    log_time BIGINT NOT NULL,
    CONSTRAINT goods_number_part_refund_id_goods_id_key PRIMARY KEY (refund_id, goods_id),
    CONSTRAINT goods_number_part_goods_number_check CHECK (goods_number >= 1)
);
CREATE INDEX goods_number_part_order_id_idx ON goods_number_part (order_id);
CREATE INDEX goods_number_part_goods_id_idx ON goods_number_part (goods_id);
