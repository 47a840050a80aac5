DROP TABLE pay_act;
