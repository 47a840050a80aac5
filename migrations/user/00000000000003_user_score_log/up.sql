-- Points added for a paid order (type 1) and taken back with its refund (type 2).
CREATE TABLE user_score_log (
    order_id BIGINT NOT NULL,
    score_log_type INTEGER NOT NULL,
    user_id BIGINT NOT NULL,
    score BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT user_score_log_order_id_score_log_type_key PRIMARY KEY (order_id, score_log_type),
    CONSTRAINT user_score_log_score_log_type_check CHECK (score_log_type IN (1, 2)),
    CONSTRAINT user_score_log_score_check CHECK (score >= 0)
);
CREATE INDEX user_score_log_user_id_idx ON user_score_log (user_id);
