DROP TABLE order_act;
