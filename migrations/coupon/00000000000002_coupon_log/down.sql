DROP TABLE coupon_log;
