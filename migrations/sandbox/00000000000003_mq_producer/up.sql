-- The outbox: a row is written in the transaction of the change it tells of, one per consumer group.
-- due_time is the next moment the row may be attempted: after a claim the end of the lease, after a failure the backoff.
-- Once the row is done or dead it is the moment of that, so that one index serves the relay and the pruning.
CREATE TABLE mq_producer (
    id VARCHAR(36) NOT NULL,
    group_name VARCHAR(32) NOT NULL,
    msg_topic VARCHAR(32) NOT NULL,
    msg_tag VARCHAR(32) NOT NULL,
    msg_key VARCHAR(64) NOT NULL,
    msg_body TEXT NOT NULL,
    msg_status INTEGER NOT NULL,
    create_time BIGINT NOT NULL,
    due_time BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    node_id INTEGER NULL,
    remark VARCHAR(500) NULL,
    CONSTRAINT mq_producer_id_key PRIMARY KEY (id),
    CONSTRAINT mq_producer_msg_status_check CHECK (msg_status IN (0, 1, 2)),
    CONSTRAINT mq_producer_attempts_check CHECK (attempts >= 0)
);
CREATE INDEX mq_producer_msg_status_due_time_idx ON mq_producer (msg_status, due_time);
