ALTER TABLE user_adjustment DROP COLUMN message;
