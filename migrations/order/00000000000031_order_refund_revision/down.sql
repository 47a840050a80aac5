ALTER TABLE order_refund DROP COLUMN revision;
