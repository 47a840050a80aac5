DROP TABLE user_score_log;
