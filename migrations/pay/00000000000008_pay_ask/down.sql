DROP TABLE pay_ask;
