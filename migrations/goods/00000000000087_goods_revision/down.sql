ALTER TABLE goods DROP COLUMN revision;
