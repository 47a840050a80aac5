-- The number of payments that were started, also of those that were never recorded. The end of a payment has the number
-- that Pay knows, and is outdated if that is an earlier one.
ALTER TABLE orders ADD COLUMN pay_starts INTEGER NOT NULL DEFAULT 0;
