CREATE TABLE users (
    user_id BIGINT NOT NULL,
    user_name VARCHAR(64) NOT NULL,
    user_password VARCHAR(200) NOT NULL,
    user_mobile VARCHAR(20) NULL,
    user_score BIGINT NOT NULL,
    user_reg_time BIGINT NOT NULL,
    user_money BIGINT NOT NULL,
    user_role INTEGER NOT NULL,
    CONSTRAINT users_user_id_key PRIMARY KEY (user_id),
    CONSTRAINT users_user_name_key UNIQUE (user_name),
    CONSTRAINT users_user_money_check CHECK (user_money >= 0),
    CONSTRAINT users_user_role_check CHECK (user_role IN (0, 1))
);
