-- The payments of a customer, newest first.
CREATE INDEX pay_user_id_pay_id_idx ON pay (user_id, pay_id);
