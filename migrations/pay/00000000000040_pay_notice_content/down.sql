ALTER TABLE pay_notice DROP COLUMN content;
