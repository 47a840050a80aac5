-- The facts that led to a refusal, as JSON. NULL in older rows, and if there are none.
ALTER TABLE orders ADD COLUMN refusal_data TEXT NULL;
