-- The payments that are open: an order has one per platform, also when two nodes are asked for one at the same moment.
CREATE TABLE pay_open (
    pay_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    provider VARCHAR(32) NOT NULL,
    CONSTRAINT pay_open_pay_id_key PRIMARY KEY (pay_id),
    CONSTRAINT pay_open_order_id_provider_key UNIQUE (order_id, provider)
);
INSERT INTO pay_open (pay_id, order_id, provider)
    SELECT pay_id, order_id, provider FROM pay WHERE is_paid = 1 AND close_time IS NULL;
