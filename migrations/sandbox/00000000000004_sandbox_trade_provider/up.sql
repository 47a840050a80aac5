-- Under which name the platform was asked for the trade: a shop can be shown two.
ALTER TABLE sandbox_trade ADD COLUMN provider VARCHAR(32) NOT NULL DEFAULT 'sandbox';
