-- MySQL wants to be told of which table; to the others that is a comment.
DROP INDEX mq_producer_msg_key_idx /*! ON mq_producer */;
