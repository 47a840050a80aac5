-- Units that go back into stock when a refund is done, because an operator said so. An order that is refunded before it
-- was shipped gives back the rest without such rows.
CREATE TABLE order_refund_goods (
    refund_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    goods_number BIGINT NOT NULL,
    CONSTRAINT order_refund_goods_refund_id_goods_id_key PRIMARY KEY (refund_id, goods_id),
    CONSTRAINT order_refund_goods_goods_number_check CHECK (goods_number >= 1)
);
CREATE INDEX order_refund_goods_order_id_idx ON order_refund_goods (order_id);
