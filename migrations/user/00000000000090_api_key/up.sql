-- The keys of the shop's own servers. A key is not stored: key_prefix is its beginning, by which the row is found, and
-- key_hash its SHA-256. Keys with the same key_name act for the same customers. use_time is exact to the hour.
CREATE TABLE api_key (
    api_key_id BIGINT NOT NULL,
    key_name VARCHAR(32) NOT NULL,
    key_prefix VARCHAR(16) NOT NULL,
    key_hash VARCHAR(64) NOT NULL,
    scopes VARCHAR(100) NOT NULL,
    create_time BIGINT NOT NULL,
    revoke_time BIGINT NULL,
    use_time BIGINT NULL,
    CONSTRAINT api_key_api_key_id_key PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_key_prefix_key UNIQUE (key_prefix)
);
