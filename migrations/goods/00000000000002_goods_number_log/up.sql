-- What an order took (direction 1) and got back (direction 2). A row of direction 2 refuses a later row of direction 1:
-- with goods_number 0 it is a tombstone, a release of what was never taken.
CREATE TABLE goods_number_log (
    order_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    direction INTEGER NOT NULL,
    goods_number BIGINT NOT NULL,
    log_time BIGINT NOT NULL,
    CONSTRAINT goods_number_log_order_id_goods_id_direction_key PRIMARY KEY (order_id, goods_id, direction),
    CONSTRAINT goods_number_log_direction_check CHECK (direction IN (1, 2)),
    CONSTRAINT goods_number_log_goods_number_check CHECK (goods_number >= 0)
);
