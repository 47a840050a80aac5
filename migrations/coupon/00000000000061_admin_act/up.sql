-- Every change that an administrator has made by hand to the tables of this owner, with its author. subject_id is the
-- user, goods or coupon; data is a JSON object of what was changed. A key is used for one request of an administrator.
CREATE TABLE admin_act (
    act_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    act VARCHAR(32) NOT NULL,
    reason VARCHAR(200) NULL,
    data TEXT NOT NULL,
    idempotency_key VARCHAR(255) NULL,
    fingerprint VARCHAR(64) NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT admin_act_act_id_key PRIMARY KEY (act_id),
    CONSTRAINT admin_act_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key),
    CONSTRAINT admin_act_fingerprint_check CHECK ((idempotency_key IS NULL) = (fingerprint IS NULL))
);
