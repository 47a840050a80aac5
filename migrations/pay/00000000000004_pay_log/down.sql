DROP TABLE pay_log;
