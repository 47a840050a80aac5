-- The endpoints of other systems to which events are sent. event_types: names separated by spaces; empty for all. secret and
-- old_secret are encrypted; old_secret signs too until old_secret_until. feed_cursor: the events after it are not queued yet.
-- failing_since: the first attempt that failed since the last one that succeeded. disable_time is NULL while events are
-- sent. Of a deleted endpoint only this row is left, until its deliveries are deleted.
CREATE TABLE webhook (
    webhook_id BIGINT NOT NULL,
    url VARCHAR(500) NOT NULL,
    description VARCHAR(200) NOT NULL,
    event_types VARCHAR(1000) NOT NULL,
    secret VARCHAR(128) NOT NULL,
    old_secret VARCHAR(128) NULL,
    old_secret_until BIGINT NULL,
    feed_cursor VARCHAR(100) NOT NULL,
    failing_since BIGINT NULL,
    disable_time BIGINT NULL,
    disable_reason VARCHAR(16) NULL,
    create_time BIGINT NOT NULL,
    delete_time BIGINT NULL,
    CONSTRAINT webhook_webhook_id_key PRIMARY KEY (webhook_id),
    CONSTRAINT webhook_disable_check CHECK ((disable_time IS NULL) = (disable_reason IS NULL)),
    CONSTRAINT webhook_old_secret_check CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
);
