DROP TABLE order_refund;
