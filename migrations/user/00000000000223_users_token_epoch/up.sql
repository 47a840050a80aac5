-- The moment since which earlier access tokens of the user are refused; a token carries it. 0: none was ended.
ALTER TABLE users ADD COLUMN token_epoch BIGINT NOT NULL DEFAULT 0;
