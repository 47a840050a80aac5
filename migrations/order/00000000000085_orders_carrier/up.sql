-- The carrier of a shipped order. NULL if it was not said.
ALTER TABLE orders ADD COLUMN carrier VARCHAR(50) NULL;
