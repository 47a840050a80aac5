-- 0 pending, 1 done, 2 parked, 3 dismissed, as Pay says. Refunds of earlier releases count as done: their orders were
-- refunded when the refund was asked for.
ALTER TABLE order_refund ADD COLUMN status INTEGER NOT NULL DEFAULT 1;
