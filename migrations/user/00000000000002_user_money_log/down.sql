DROP TABLE user_money_log;
