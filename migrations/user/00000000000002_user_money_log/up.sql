-- What an order took (type 1) and gave back (type 2). A row of type 2 refuses a later row of type 1:
-- with use_money 0 it is a tombstone.
CREATE TABLE user_money_log (
    user_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    money_log_type INTEGER NOT NULL,
    use_money BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT user_money_log_user_id_order_id_money_log_type_key PRIMARY KEY (user_id, order_id, money_log_type),
    CONSTRAINT user_money_log_money_log_type_check CHECK (money_log_type IN (1, 2)),
    CONSTRAINT user_money_log_use_money_check CHECK (use_money >= 0)
);
CREATE INDEX user_money_log_order_id_idx ON user_money_log (order_id);
