-- What the platform gave back, once per number.
CREATE TABLE sandbox_refund (
    out_trade_no VARCHAR(64) NOT NULL,
    out_request_no VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT sandbox_refund_out_trade_no_out_request_no_key PRIMARY KEY (out_trade_no, out_request_no),
    CONSTRAINT sandbox_refund_amount_check CHECK (amount > 0)
);
