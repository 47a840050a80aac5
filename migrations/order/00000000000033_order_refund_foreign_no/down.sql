ALTER TABLE order_refund DROP COLUMN foreign_no;
