-- Every change of balance or points that is not an order's, the opening values included.
CREATE TABLE user_adjustment (
    adjustment_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    money BIGINT NOT NULL,
    score BIGINT NOT NULL,
    reason VARCHAR(200) NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT user_adjustment_adjustment_id_key PRIMARY KEY (adjustment_id)
);
CREATE INDEX user_adjustment_user_id_idx ON user_adjustment (user_id);
