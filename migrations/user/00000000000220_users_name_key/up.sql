-- The name in lower case, so that no two users have names that differ in case only. NULL: the account of a server's
-- customer, or a name that an older account has in another case; its user signs in with the exact name.
ALTER TABLE users ADD COLUMN name_key VARCHAR(64) NULL;
