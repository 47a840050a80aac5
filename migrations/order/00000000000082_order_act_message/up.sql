-- Words of an administrator for the customer.
ALTER TABLE order_act ADD COLUMN message TEXT NULL;
