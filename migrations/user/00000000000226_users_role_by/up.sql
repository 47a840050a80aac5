-- The administrator who has given the user the role; NULL for the account that the settings name, or named.
ALTER TABLE users ADD COLUMN role_by BIGINT NULL;
