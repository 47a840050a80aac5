-- The facts of the act, as a JSON object. NULL in older rows, and if there are none.
ALTER TABLE order_act ADD COLUMN data TEXT NULL;
