DROP TABLE pay_parked;
