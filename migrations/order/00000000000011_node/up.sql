-- The nodes that share this database, one row per number in use. All times are those of the database's clock.
-- A row is a lease: its node holds the number until heartbeat_time + lease_ms, and then any node may take it.
CREATE TABLE node (
    node_number INTEGER NOT NULL,
    boot_id VARCHAR(36) NOT NULL,
    address VARCHAR(64) NOT NULL,
    host VARCHAR(255) NOT NULL,
    process_id BIGINT NOT NULL,
    version VARCHAR(32) NOT NULL,
    start_time BIGINT NOT NULL,
    heartbeat_time BIGINT NOT NULL,
    lease_ms BIGINT NOT NULL,
    clock_difference_ms BIGINT NOT NULL,
    CONSTRAINT node_node_number_key PRIMARY KEY (node_number),
    CONSTRAINT node_node_number_check CHECK (node_number BETWEEN 0 AND 1023),
    CONSTRAINT node_lease_ms_check CHECK (lease_ms > 0)
);
