ALTER TABLE users DROP COLUMN disable_time;
