-- MySQL wants to be told of which table; to the others that is a comment.
DROP INDEX pay_ask_provider_ask_time_idx /*! ON pay_ask */;
ALTER TABLE pay_ask DROP COLUMN provider;
