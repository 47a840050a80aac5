-- The sandbox platform's own ledger, independent of the shop's.
-- status: 0 open, 1 paid, 2 declined, 3 closed.
CREATE TABLE sandbox_trade (
    out_trade_no VARCHAR(64) NOT NULL,
    trade_no VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    status INTEGER NOT NULL,
    charged BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    add_time BIGINT NOT NULL,
    pay_time BIGINT NULL,
    CONSTRAINT sandbox_trade_out_trade_no_key PRIMARY KEY (out_trade_no),
    CONSTRAINT sandbox_trade_trade_no_key UNIQUE (trade_no),
    CONSTRAINT sandbox_trade_amount_check CHECK (amount > 0),
    CONSTRAINT sandbox_trade_status_check CHECK (status BETWEEN 0 AND 3),
    CONSTRAINT sandbox_trade_charged_check CHECK (charged >= 0 AND refunded >= 0 AND refunded <= charged)
);
