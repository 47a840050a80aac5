DROP TABLE pay_request;
