-- The recovery codes that are left of a second factor. code_hash is the SHA-256 of one; a code that is used is deleted.
CREATE TABLE recovery_code (
    user_id BIGINT NOT NULL,
    code_hash VARCHAR(64) NOT NULL,
    CONSTRAINT recovery_code_user_id_code_hash_key PRIMARY KEY (user_id, code_hash)
);
