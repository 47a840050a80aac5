DROP TABLE goods_number_part;
