-- Since when the user may not sign in; NULL if the user may.
ALTER TABLE users ADD COLUMN disable_time BIGINT NULL;
