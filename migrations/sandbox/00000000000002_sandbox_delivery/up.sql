-- Every attempt to deliver a callback and what the shop answered; 0 where it did not answer.
CREATE TABLE sandbox_delivery (
    delivery_id BIGINT NOT NULL,
    out_trade_no VARCHAR(64) NOT NULL,
    event_id VARCHAR(64) NOT NULL,
    status_code INTEGER NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT sandbox_delivery_delivery_id_key PRIMARY KEY (delivery_id)
);
CREATE INDEX sandbox_delivery_out_trade_no_idx ON sandbox_delivery (out_trade_no);
