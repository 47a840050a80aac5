DROP TABLE user_adjustment;
