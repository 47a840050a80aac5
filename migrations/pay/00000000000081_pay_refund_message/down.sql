ALTER TABLE pay_refund DROP COLUMN message;
