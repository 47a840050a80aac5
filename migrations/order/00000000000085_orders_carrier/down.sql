ALTER TABLE orders DROP COLUMN carrier;
