DROP TABLE order_account;
