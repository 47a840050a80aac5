-- What operators decided about parked charges and refunds; subject_id is the id of either.
CREATE TABLE pay_act (
    act_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    order_id BIGINT NULL,
    act VARCHAR(32) NOT NULL,
    user_id BIGINT NOT NULL,
    reason VARCHAR(200) NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT pay_act_act_id_key PRIMARY KEY (act_id)
);
CREATE INDEX pay_act_subject_id_idx ON pay_act (subject_id);
CREATE INDEX pay_act_order_id_idx ON pay_act (order_id);
