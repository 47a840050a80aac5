-- The latest of the order's starts that led to this payment. 0 in older rows.
ALTER TABLE pay ADD COLUMN start_no INTEGER NOT NULL DEFAULT 0;
