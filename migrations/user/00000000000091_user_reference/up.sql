-- The customers of the shop's own servers: the account of the customer that keys with key_name call reference.
CREATE TABLE user_reference (
    user_id BIGINT NOT NULL,
    key_name VARCHAR(32) NOT NULL,
    reference VARCHAR(128) NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT user_reference_user_id_key PRIMARY KEY (user_id),
    CONSTRAINT user_reference_key_name_reference_key UNIQUE (key_name, reference)
);
