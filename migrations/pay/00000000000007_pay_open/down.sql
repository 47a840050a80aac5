DROP TABLE pay_open;
