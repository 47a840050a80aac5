-- When the platform is to be asked how an open payment stands.
CREATE TABLE pay_ask (
    pay_id BIGINT NOT NULL,
    ask_time BIGINT NOT NULL,
    asks INTEGER NOT NULL,
    CONSTRAINT pay_ask_pay_id_key PRIMARY KEY (pay_id)
);
CREATE INDEX pay_ask_ask_time_idx ON pay_ask (ask_time);
INSERT INTO pay_ask (pay_id, ask_time, asks)
    SELECT pay_id, add_time, 0 FROM pay WHERE is_paid = 1 AND close_time IS NULL;
