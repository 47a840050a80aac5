DROP TABLE goods_adjustment;
