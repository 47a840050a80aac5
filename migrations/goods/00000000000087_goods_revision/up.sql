-- Counts the changes of name, price, description and on_sale, so that a change of an outdated state is found.
ALTER TABLE goods ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
