-- The time that the platform was given as the end of the payment. NULL for payments of older versions.
ALTER TABLE pay ADD COLUMN expire_time BIGINT NULL;
