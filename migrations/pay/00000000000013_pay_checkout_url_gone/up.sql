ALTER TABLE pay DROP COLUMN checkout_url;
