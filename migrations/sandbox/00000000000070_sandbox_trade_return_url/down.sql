ALTER TABLE sandbox_trade DROP COLUMN return_url;
