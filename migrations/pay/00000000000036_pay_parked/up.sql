-- Charges that match no payment, one per trade of a platform; an operator decides what becomes of them.
-- status: 0 parked, 1 given back by the refund refund_id, 2 accepted, 3 dismissed.
CREATE TABLE pay_parked (
    parked_id BIGINT NOT NULL,
    provider VARCHAR(32) NOT NULL,
    trade_no VARCHAR(64) NOT NULL,
    pay_id BIGINT NULL,
    amount BIGINT NOT NULL,
    currency VARCHAR(8) NOT NULL,
    reason VARCHAR(200) NOT NULL,
    status INTEGER NOT NULL,
    create_time BIGINT NOT NULL,
    refund_id BIGINT NULL,
    CONSTRAINT pay_parked_parked_id_key PRIMARY KEY (parked_id),
    CONSTRAINT pay_parked_trade_no_provider_key UNIQUE (trade_no, provider),
    CONSTRAINT pay_parked_amount_check CHECK (amount > 0),
    CONSTRAINT pay_parked_status_check CHECK (status BETWEEN 0 AND 3),
    CONSTRAINT pay_parked_refund_id_check CHECK ((status = 1) = (refund_id IS NOT NULL))
);
CREATE INDEX pay_parked_status_parked_id_idx ON pay_parked (status, parked_id);
CREATE INDEX pay_parked_pay_id_idx ON pay_parked (pay_id);
