-- The parked charge that the refund gives back. It is no part of what was paid for the payment.
ALTER TABLE pay_refund ADD COLUMN parked_id BIGINT NULL;
