CREATE TABLE coupon (
    coupon_id BIGINT NOT NULL,
    coupon_price BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    order_id BIGINT NULL,
    is_used INTEGER NOT NULL,
    used_time BIGINT NULL,
    add_time BIGINT NOT NULL,
    CONSTRAINT coupon_coupon_id_key PRIMARY KEY (coupon_id),
    CONSTRAINT coupon_coupon_price_check CHECK (coupon_price > 0),
    CONSTRAINT coupon_is_used_check CHECK ((is_used = 0 AND order_id IS NULL AND used_time IS NULL) OR (is_used = 1 AND order_id IS NOT NULL AND used_time IS NOT NULL))
);
CREATE INDEX coupon_user_id_idx ON coupon (user_id);
CREATE INDEX coupon_order_id_idx ON coupon (order_id);
