-- Points that were taken back with a part refund of an order. The row of type 2 in user_score_log takes back the rest.
CREATE TABLE user_score_part (
    refund_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    score BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT user_score_part_refund_id_key PRIMARY KEY (refund_id),
    CONSTRAINT user_score_part_score_check CHECK (score > 0)
);
CREATE INDEX user_score_part_order_id_idx ON user_score_part (order_id);
CREATE INDEX user_score_part_user_id_idx ON user_score_part (user_id);
