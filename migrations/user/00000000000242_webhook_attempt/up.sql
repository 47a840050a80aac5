-- The latest attempts of each delivery. status_code is 0 without an answer; remark is the reason of a failure.
CREATE TABLE webhook_attempt (
    delivery_id BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    status_code INTEGER NOT NULL,
    duration_ms BIGINT NOT NULL,
    remark VARCHAR(200) NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT webhook_attempt_delivery_id_attempt_key PRIMARY KEY (delivery_id, attempt)
);
