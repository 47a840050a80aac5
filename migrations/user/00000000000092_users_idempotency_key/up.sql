-- The key under which the user has registered, so that the same request finds the user. A key belongs to the user_name.
ALTER TABLE users ADD COLUMN idempotency_key VARCHAR(255) NULL;
