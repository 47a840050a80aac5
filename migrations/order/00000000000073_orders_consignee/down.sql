DROP INDEX orders_consignee_order_id_idx /*! ON orders */;
