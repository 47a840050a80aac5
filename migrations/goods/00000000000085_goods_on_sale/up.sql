-- 1 on sale. 0 off sale: kept for the orders that have them, and refused to new ones.
ALTER TABLE goods ADD COLUMN on_sale INTEGER NOT NULL DEFAULT 1;
