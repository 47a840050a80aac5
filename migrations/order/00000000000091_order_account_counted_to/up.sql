-- Every unpaid order of the customer above counted_to is not in the bounds yet.
ALTER TABLE order_account ADD COLUMN counted_to BIGINT NOT NULL DEFAULT 0;
