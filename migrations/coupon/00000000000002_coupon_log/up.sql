-- What an order bound (direction 1) and freed (direction 2). A row of direction 2 refuses a later row of direction 1:
-- without one of direction 1 it is a tombstone.
CREATE TABLE coupon_log (
    order_id BIGINT NOT NULL,
    direction INTEGER NOT NULL,
    coupon_id BIGINT NOT NULL,
    log_time BIGINT NOT NULL,
    CONSTRAINT coupon_log_order_id_direction_key PRIMARY KEY (order_id, direction),
    CONSTRAINT coupon_log_direction_check CHECK (direction IN (1, 2))
);
