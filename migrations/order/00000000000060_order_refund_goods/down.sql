DROP TABLE order_refund_goods;
