-- Access tokens that were ended before they expire. session_hash is the first half of the token's SHA-256.
CREATE TABLE ended_session (
    session_hash VARCHAR(32) NOT NULL,
    user_id BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    expire_time BIGINT NOT NULL,
    CONSTRAINT ended_session_session_hash_key PRIMARY KEY (session_hash)
);
CREATE INDEX ended_session_end_time_idx ON ended_session (end_time);
CREATE INDEX ended_session_expire_time_idx ON ended_session (expire_time);
