ALTER TABLE users DROP COLUMN second_factor_time;
