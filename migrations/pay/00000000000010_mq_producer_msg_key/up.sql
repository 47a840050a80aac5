-- The messages about one order or payment, for its story.
CREATE INDEX mq_producer_msg_key_idx ON mq_producer (msg_key);
