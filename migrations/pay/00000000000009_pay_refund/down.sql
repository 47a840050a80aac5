DROP TABLE pay_refund;
