ALTER TABLE orders DROP COLUMN pay_starts;
