-- Since when the user signs in with a one-time code as well; NULL without a second factor.
ALTER TABLE users ADD COLUMN second_factor_time BIGINT NULL;
