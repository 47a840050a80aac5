-- The account of a customer, locked while an order is counted against the caps on unpaid orders. No unpaid order of the
-- customer has an id below open_from.
CREATE TABLE order_account (
    user_id BIGINT NOT NULL,
    open_from BIGINT NOT NULL,
    CONSTRAINT order_account_user_id_key PRIMARY KEY (user_id)
);
