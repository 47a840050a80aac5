-- The end of the lease of the request that is starting the payment at its platform. Until then, no other request of any
-- node calls the platform for it.
ALTER TABLE pay_open ADD COLUMN start_until BIGINT NULL;
-- The node with that lease: when it starts again, the leases of its earlier run end.
ALTER TABLE pay_open ADD COLUMN start_node INTEGER NULL;
