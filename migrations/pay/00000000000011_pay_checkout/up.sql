-- Where the customer pays: an address may be longer than checkout_url, and WeChat's pages are given more than an address.
ALTER TABLE pay ADD COLUMN checkout TEXT NULL;
