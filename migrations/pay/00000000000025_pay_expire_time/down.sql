ALTER TABLE pay DROP COLUMN expire_time;
