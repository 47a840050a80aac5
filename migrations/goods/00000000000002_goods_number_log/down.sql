DROP TABLE goods_number_log;
