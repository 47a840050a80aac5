-- The number of a shipped order at its carrier. NULL if it was not said.
ALTER TABLE orders ADD COLUMN tracking_no VARCHAR(64) NULL;
