-- The events for each endpoint. status: 0 pending, 1 delivered, 2 failed. attempts counts all attempts, and tries
-- those since the delivery was queued or replayed. due_time: the next attempt; after a claim, the end of its lease. Once
-- the delivery has ended, it is the moment of that, so that one index serves the sender and the pruning. body_rest: the
-- rest of a body that a TEXT of MySQL, with its 65,535 bytes, does not hold.
CREATE TABLE webhook_delivery (
    delivery_id BIGINT NOT NULL,
    webhook_id BIGINT NOT NULL,
    event_id VARCHAR(150) NOT NULL,
    event_type VARCHAR(64) NOT NULL,
    body TEXT NOT NULL,
    body_rest TEXT NULL,
    status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due_time BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT webhook_delivery_delivery_id_key PRIMARY KEY (delivery_id),
    CONSTRAINT webhook_delivery_webhook_id_event_id_key UNIQUE (webhook_id, event_id),
    CONSTRAINT webhook_delivery_status_check CHECK (status IN (0, 1, 2)),
    CONSTRAINT webhook_delivery_attempts_check CHECK (tries >= 0 AND attempts >= tries)
);
CREATE INDEX webhook_delivery_status_webhook_id_due_time_delivery_id_idx ON webhook_delivery (status, webhook_id, due_time, delivery_id);
CREATE INDEX webhook_delivery_webhook_id_delivery_id_idx ON webhook_delivery (webhook_id, delivery_id);
