-- Where the customer goes after the payment.
ALTER TABLE sandbox_trade ADD COLUMN return_url VARCHAR(500) NULL;
