ALTER TABLE order_refund DROP COLUMN done_time;
