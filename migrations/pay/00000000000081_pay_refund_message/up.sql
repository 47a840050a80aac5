-- The words for the customer and the platform. NULL in older rows, whose platforms were given the reason.
ALTER TABLE pay_refund ADD COLUMN message TEXT NULL;
