-- What the platform received, if an operator accepted more than pay_amount.
ALTER TABLE pay ADD COLUMN charged BIGINT NULL;
