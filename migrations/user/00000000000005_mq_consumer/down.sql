DROP TABLE mq_consumer;
