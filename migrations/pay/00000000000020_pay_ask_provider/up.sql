-- The platform to ask, so that each platform's rows are claimed by themselves: one that does not answer holds up no other.
ALTER TABLE pay_ask ADD COLUMN provider VARCHAR(32) NOT NULL DEFAULT '';
UPDATE pay_ask SET provider = COALESCE((SELECT pay.provider FROM pay WHERE pay.pay_id = pay_ask.pay_id), '');
CREATE INDEX pay_ask_provider_ask_time_idx ON pay_ask (provider, ask_time);
