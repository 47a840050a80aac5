-- The platform that makes the refund, so that each platform's rows are claimed by themselves.
ALTER TABLE pay_refund ADD COLUMN provider VARCHAR(32) NOT NULL DEFAULT '';
UPDATE pay_refund SET provider = COALESCE((SELECT pay.provider FROM pay WHERE pay.pay_id = pay_refund.pay_id), '');
CREATE INDEX pay_refund_provider_status_due_time_idx ON pay_refund (provider, status, due_time);
