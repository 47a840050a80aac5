ALTER TABLE orders DROP COLUMN refusal_data;
