-- Orders of a recipient, newest first.
CREATE INDEX orders_consignee_order_id_idx ON orders (consignee, order_id);
