UPDATE order_account SET counted_to = 0 WHERE orders_bound = 0;
