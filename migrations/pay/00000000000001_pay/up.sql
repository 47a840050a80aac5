CREATE TABLE pay (
    pay_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    pay_amount BIGINT NOT NULL,
    is_paid INTEGER NOT NULL,
    provider VARCHAR(32) NOT NULL,
    trade_no VARCHAR(64) NULL,
    checkout_kind VARCHAR(16) NULL,
    checkout_url VARCHAR(500) NULL,
    add_time BIGINT NOT NULL,
    pay_time BIGINT NULL,
    close_time BIGINT NULL,
    CONSTRAINT pay_pay_id_key PRIMARY KEY (pay_id),
    CONSTRAINT pay_provider_trade_no_key UNIQUE (provider, trade_no),
    CONSTRAINT pay_pay_amount_check CHECK (pay_amount > 0),
    CONSTRAINT pay_is_paid_check CHECK (is_paid IN (1, 2)),
    CONSTRAINT pay_pay_time_check CHECK ((is_paid = 2) = (pay_time IS NOT NULL AND trade_no IS NOT NULL))
);
CREATE INDEX pay_order_id_idx ON pay (order_id);
