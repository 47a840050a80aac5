-- The idempotency record of POST /v1/payments: the payment it led to, or the refusal.
CREATE TABLE pay_request (
    user_id BIGINT NOT NULL,
    idempotency_key VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    pay_id BIGINT NULL,
    refusal VARCHAR(32) NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT pay_request_user_id_idempotency_key_key PRIMARY KEY (user_id, idempotency_key),
    CONSTRAINT pay_request_outcome_check CHECK ((pay_id IS NULL) <> (refusal IS NULL))
);
