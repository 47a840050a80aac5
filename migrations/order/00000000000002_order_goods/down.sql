DROP TABLE order_goods;
