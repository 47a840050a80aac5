-- The accounts that have changed of late: the nodes ask for them.
CREATE INDEX users_token_epoch_idx ON users (token_epoch);
