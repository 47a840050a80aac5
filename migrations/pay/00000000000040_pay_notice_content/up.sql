-- The SHA-256 of what the notice says, so that an event id with another content is noticed. NULL in older rows.
ALTER TABLE pay_notice ADD COLUMN content VARCHAR(64) NULL;
