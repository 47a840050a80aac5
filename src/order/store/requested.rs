//! The refunds that Order has asked for and that Pay has not acknowledged.

use crate::actor::{Access, Priority, Task};
use crate::db::{self, Db};
use crate::messaging::contract::{ORDER_REFUND_REQUESTED, RefundRequested};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::{ListRequestedRefunds, UnacknowledgedRefund};

/// The consumer group of Pay.
const PAY: &str = "pay";

impl Task<Order> for ListRequestedRefunds {
    type Outcome = Vec<UnacknowledgedRefund>;
    const ACCESS: Access = Access::Report;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<UnacknowledgedRefund>>> {
        let messages: Vec<(RefundRequested, _)> = outbox::undelivered(db, ORDER_REFUND_REQUESTED, PAY)?;
        let refund = |(RefundRequested { refund_id, pay_id, amount, .. }, create_time)| UnacknowledgedRefund {
            refund_id,
            pay_id,
            amount,
            create_time,
        };
        let refunds: Vec<UnacknowledgedRefund> = messages.into_iter().map(refund).collect();
        Ok(vec![refunds; batch.len()])
    }
}
