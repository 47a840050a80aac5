-- The platform's own number of a refund that was made there without a request of the shop.
ALTER TABLE order_refund ADD COLUMN foreign_no VARCHAR(64) NULL;
