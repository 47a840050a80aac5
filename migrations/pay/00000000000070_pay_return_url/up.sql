-- Where the customer goes after the payment, if the shop front has said so.
ALTER TABLE pay ADD COLUMN return_url VARCHAR(500) NULL;
