-- Every notice of a platform whose signature was good, as it came. verdict: 1 accepted, 2 rejected (reason says why).
CREATE TABLE pay_notice (
    provider VARCHAR(32) NOT NULL,
    event_id VARCHAR(64) NOT NULL,
    pay_id BIGINT NULL,
    body TEXT NOT NULL,
    verdict INTEGER NOT NULL,
    reason VARCHAR(200) NULL,
    times INTEGER NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT pay_notice_provider_event_id_key PRIMARY KEY (provider, event_id),
    CONSTRAINT pay_notice_verdict_check CHECK (verdict IN (1, 2)),
    CONSTRAINT pay_notice_reason_check CHECK ((verdict = 2) = (reason IS NOT NULL))
);
CREATE INDEX pay_notice_pay_id_idx ON pay_notice (pay_id);
