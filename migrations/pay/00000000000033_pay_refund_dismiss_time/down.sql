ALTER TABLE pay_refund DROP COLUMN dismiss_time;
