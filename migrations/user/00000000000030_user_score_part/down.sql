DROP TABLE user_score_part;
