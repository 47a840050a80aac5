ALTER TABLE pay_request DROP COLUMN is_reuse;
