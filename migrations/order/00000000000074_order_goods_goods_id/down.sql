DROP INDEX order_goods_goods_id_order_id_idx /*! ON order_goods */;
