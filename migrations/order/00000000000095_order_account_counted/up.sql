-- Orders below open_from are not unpaid. The others are counted with the next order of their customer.
UPDATE order_account SET counted_to = open_from - 1 WHERE counted_to = 0 AND open_from > 0;
