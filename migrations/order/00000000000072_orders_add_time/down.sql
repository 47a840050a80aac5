DROP INDEX orders_add_time_idx /*! ON orders */;
