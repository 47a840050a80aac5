-- What was done to an order after it was placed: its log, and the operators' journal.
-- by_whom: 0 the shop itself, 1 its customer, 2 an administrator.
CREATE TABLE order_act (
    act_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    act VARCHAR(32) NOT NULL,
    by_whom INTEGER NOT NULL,
    user_id BIGINT NULL,
    detail VARCHAR(200) NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT order_act_act_id_key PRIMARY KEY (act_id),
    CONSTRAINT order_act_by_whom_check CHECK (by_whom BETWEEN 0 AND 2),
    CONSTRAINT order_act_user_id_check CHECK ((by_whom = 0) = (user_id IS NULL))
);
CREATE INDEX order_act_order_id_idx ON order_act (order_id);
CREATE INDEX order_act_by_whom_act_id_idx ON order_act (by_whom, act_id);
