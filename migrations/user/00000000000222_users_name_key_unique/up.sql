CREATE UNIQUE INDEX users_name_key_key ON users (name_key);
