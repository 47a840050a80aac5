-- When an operator decided that a parked refund (status 2) is not to be made.
ALTER TABLE pay_refund ADD COLUMN dismiss_time BIGINT NULL;
