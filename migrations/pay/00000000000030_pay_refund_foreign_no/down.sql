ALTER TABLE pay_refund DROP COLUMN foreign_no;
