-- The log of payments that were made, written by a consumer of payment/paid.
CREATE TABLE pay_log (
    pay_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    pay_amount BIGINT NOT NULL,
    log_time BIGINT NOT NULL,
    CONSTRAINT pay_log_pay_id_key PRIMARY KEY (pay_id)
);
