-- The inbox: a row is written in the transaction of the message's effect, so an effect happens once.
CREATE TABLE mq_consumer (
    msg_id VARCHAR(36) NOT NULL,
    group_name VARCHAR(32) NOT NULL,
    msg_tag VARCHAR(32) NOT NULL,
    msg_key VARCHAR(64) NOT NULL,
    msg_body TEXT NOT NULL,
    consumer_status INTEGER NOT NULL,
    consumer_times INTEGER NOT NULL,
    consumer_timestamp BIGINT NOT NULL,
    remark VARCHAR(500) NULL,
    CONSTRAINT mq_consumer_msg_id_group_name_key PRIMARY KEY (msg_id, group_name),
    CONSTRAINT mq_consumer_consumer_status_check CHECK (consumer_status IN (0, 1, 2)),
    CONSTRAINT mq_consumer_consumer_times_check CHECK (consumer_times >= 1)
);
CREATE INDEX mq_consumer_consumer_timestamp_idx ON mq_consumer (consumer_timestamp);
