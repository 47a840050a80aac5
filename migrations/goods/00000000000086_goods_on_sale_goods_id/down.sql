DROP INDEX goods_on_sale_goods_id_idx /*! ON goods */;
