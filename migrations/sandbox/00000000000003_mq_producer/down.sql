DROP TABLE mq_producer;
