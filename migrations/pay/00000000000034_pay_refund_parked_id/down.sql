ALTER TABLE pay_refund DROP COLUMN parked_id;
