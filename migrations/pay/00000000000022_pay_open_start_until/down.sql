ALTER TABLE pay_open DROP COLUMN start_node;
ALTER TABLE pay_open DROP COLUMN start_until;
