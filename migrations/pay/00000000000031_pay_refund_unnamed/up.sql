-- The part of a refund that was found in the platform's sum, and that no notice has named yet.
ALTER TABLE pay_refund ADD COLUMN unnamed BIGINT NOT NULL DEFAULT 0;
