DROP TABLE pay_notice;
