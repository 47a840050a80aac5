-- Words of an administrator for the customer.
ALTER TABLE user_adjustment ADD COLUMN message TEXT NULL;
