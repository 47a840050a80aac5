ALTER TABLE sandbox_trade DROP COLUMN provider;
