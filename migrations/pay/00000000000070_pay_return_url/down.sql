ALTER TABLE pay DROP COLUMN return_url;
