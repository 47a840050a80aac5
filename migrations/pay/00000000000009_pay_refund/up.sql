-- What a platform is to give back; written before the platform is called, refund_id is the number it is told.
-- status: 0 pending, 1 done, 2 parked: the platform refuses, remark says why.
-- due_time is the next moment somebody must work on it, also the end of an attempt's lease.
CREATE TABLE pay_refund (
    refund_id BIGINT NOT NULL,
    pay_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    reason VARCHAR(200) NOT NULL,
    status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_time BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    done_time BIGINT NULL,
    remark VARCHAR(500) NULL,
    CONSTRAINT pay_refund_refund_id_key PRIMARY KEY (refund_id),
    CONSTRAINT pay_refund_amount_check CHECK (amount > 0),
    CONSTRAINT pay_refund_status_check CHECK (status IN (0, 1, 2)),
    CONSTRAINT pay_refund_done_time_check CHECK ((status = 1) = (done_time IS NOT NULL)),
    CONSTRAINT pay_refund_remark_check CHECK (status <> 2 OR remark IS NOT NULL)
);
CREATE INDEX pay_refund_pay_id_idx ON pay_refund (pay_id);
CREATE INDEX pay_refund_order_id_idx ON pay_refund (order_id);
CREATE INDEX pay_refund_status_due_time_idx ON pay_refund (status, due_time);
