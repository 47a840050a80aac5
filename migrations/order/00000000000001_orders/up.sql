-- One row is the idempotency record, the saga's state and the customer's proof.
-- wake_time is the next moment somebody must look at the order; NULL once nothing is left to do.
CREATE TABLE orders (
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    order_status INTEGER NOT NULL,
    pay_status INTEGER NOT NULL,
    shipping_status INTEGER NOT NULL,
    address VARCHAR(200) NOT NULL,
    consignee VARCHAR(100) NOT NULL,
    goods_amount BIGINT NOT NULL,
    shipping_fee BIGINT NOT NULL,
    order_amount BIGINT NOT NULL,
    coupon_id BIGINT NULL,
    coupon_paid BIGINT NOT NULL,
    money_paid BIGINT NOT NULL,
    pay_amount BIGINT NOT NULL,
    add_time BIGINT NOT NULL,
    confirm_time BIGINT NULL,
    pay_time BIGINT NULL,
    idempotency_key VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    deadline_time BIGINT NOT NULL,
    wake_time BIGINT NULL,
    refusal VARCHAR(32) NULL,
    CONSTRAINT orders_order_id_key PRIMARY KEY (order_id),
    CONSTRAINT orders_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key),
    CONSTRAINT orders_order_status_check CHECK (order_status BETWEEN 0 AND 4),
    CONSTRAINT orders_pay_status_check CHECK (pay_status BETWEEN 0 AND 2),
    CONSTRAINT orders_shipping_status_check CHECK (shipping_status BETWEEN 0 AND 2),
    CONSTRAINT orders_pay_amount_check CHECK (pay_amount >= 0 AND pay_amount = order_amount - coupon_paid - money_paid),
    CONSTRAINT orders_order_amount_check CHECK (order_amount = goods_amount + shipping_fee),
    CONSTRAINT orders_paid_amounts_check CHECK (coupon_paid >= 0 AND money_paid >= 0),
    CONSTRAINT orders_pay_time_check CHECK ((pay_status = 2) = (pay_time IS NOT NULL)),
    CONSTRAINT orders_wake_time_check CHECK (order_status <> 0 OR wake_time IS NOT NULL)
);
CREATE INDEX orders_user_id_order_id_idx ON orders (user_id, order_id);
CREATE INDEX orders_wake_time_idx ON orders (wake_time);
