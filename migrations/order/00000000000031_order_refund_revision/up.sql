-- The latest change of status that Pay has told; 0 if there was none.
ALTER TABLE order_refund ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
