DROP TABLE user_reference;
