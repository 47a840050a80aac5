-- MySQL wants to be told of which table; to the others that is a comment.
DROP INDEX pay_refund_provider_status_due_time_idx /*! ON pay_refund */;
ALTER TABLE pay_refund DROP COLUMN provider;
