-- The chain of the owner's ledgers. ledger_record: the lines that a transaction wrote, until they are in a link.
-- ledger_link: kind 0 rows, 1 recording begins, 2 recording ends; hash covers the lines and the hash before it.
CREATE TABLE ledger_record (
    record_id BIGINT NOT NULL,
    entries TEXT NOT NULL,
    CONSTRAINT ledger_record_record_id_key PRIMARY KEY (record_id)
);
CREATE TABLE ledger_link (
    link_number BIGINT NOT NULL,
    kind INTEGER NOT NULL,
    link_time BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    entries TEXT NOT NULL,
    CONSTRAINT ledger_link_link_number_key PRIMARY KEY (link_number),
    CONSTRAINT ledger_link_kind_check CHECK (kind IN (0, 1, 2))
);
CREATE INDEX ledger_link_kind_link_number_idx ON ledger_link (kind, link_number);
