-- Counts the changes of status. Order keeps the latest one it has been told of.
ALTER TABLE pay_refund ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
