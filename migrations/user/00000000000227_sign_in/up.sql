-- Failed sign-ins, per name and source: an address, or * for all together. The name need not be a user's. A row without
-- failures says that the user has signed in from there.
CREATE TABLE sign_in (
    name_key VARCHAR(64) NOT NULL,
    source VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    wait_until BIGINT NOT NULL,
    success_time BIGINT NULL,
    expire_time BIGINT NOT NULL,
    CONSTRAINT sign_in_name_key_source_key PRIMARY KEY (name_key, source),
    CONSTRAINT sign_in_failures_check CHECK (failures >= 0)
);
CREATE INDEX sign_in_expire_time_idx ON sign_in (expire_time);
