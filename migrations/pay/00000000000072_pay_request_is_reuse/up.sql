-- 1 if the request was given a payment that was open already. NULL in older rows.
ALTER TABLE pay_request ADD COLUMN is_reuse INTEGER NULL;
