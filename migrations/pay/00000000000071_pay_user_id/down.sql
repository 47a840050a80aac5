DROP INDEX pay_user_id_pay_id_idx /*! ON pay */;
