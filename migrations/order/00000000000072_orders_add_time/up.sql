-- Orders of a time.
CREATE INDEX orders_add_time_idx ON orders (add_time);
