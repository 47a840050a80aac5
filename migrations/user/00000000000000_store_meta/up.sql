-- Which shop and which owner this store belongs to; at most one row. The schema's version is in diesel's own table.
-- state: 0 the shop is being set up, 1 complete, 2 an unfinished copy. backup_time is the moment that a copy shows.
CREATE TABLE store_meta (
    owner VARCHAR(16) NOT NULL,
    shop_id VARCHAR(36) NOT NULL,
    state INTEGER NOT NULL,
    backup_time BIGINT NULL,
    CONSTRAINT store_meta_owner_key PRIMARY KEY (owner),
    CONSTRAINT store_meta_state_check CHECK (state IN (0, 1, 2))
);
