-- What was asked back of an order: the idempotency record of the request, and what the platform is to give back.
-- amount is 0 where nothing was to be paid on a platform, or where the request was refused.
CREATE TABLE order_refund (
    refund_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    idempotency_key VARCHAR(255) NULL,
    fingerprint VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    refusal VARCHAR(32) NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT order_refund_refund_id_key PRIMARY KEY (refund_id),
    CONSTRAINT order_refund_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key),
    CONSTRAINT order_refund_amount_check CHECK (amount >= 0 AND (refusal IS NULL OR amount = 0))
);
CREATE INDEX order_refund_order_id_idx ON order_refund (order_id);
