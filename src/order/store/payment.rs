//! What a payment means for its order, in the tables: it pays it, or it goes back. Pay tells of every payment; the row of
//! the order decides, whatever comes in which order.

use std::collections::HashMap;
use std::time::Duration;

use super::row::{self, Row};
use super::transition::{ActLogRow, insert_acts};
use crate::db::{self, Db};
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::status::OrderStatus;
use crate::messaging::contract::Paid;
use crate::messaging::contract::RefundRequested;
use crate::messaging::contract::{ORDER_PAID, ORDER_REPAY};
use crate::messaging::inbox::bodies;
use crate::messaging::outbox::{self, Message};
use crate::order::Order;
use crate::order::message::Author;

/// Consumes payment/paid: the order is paid, or the money goes back by itself.
pub fn consume(owner: &Order, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let payments: Vec<Result<Paid, String>> = bodies(messages);
    let ids: Vec<OrderId> = payments.iter().flatten().map(|paid| paid.order_id).collect();
    let mut rows = row::lock(db, &ids)?;
    let mut before: HashMap<OrderId, OrderState> = HashMap::new();
    let (mut paid, mut repay, mut acts) = (Vec::new(), Vec::new(), Vec::new());
    let mut outcomes = Vec::with_capacity(payments.len());
    for payment in payments {
        outcomes.push(match payment {
            Err(why) => Err(why),
            Ok(payment) => match rows.get_mut(&payment.order_id) {
                None => Err("the order is unknown".to_owned()),
                Some(row) if row.order_status == OrderStatus::Unconfirmed => Err("the order is unconfirmed".to_owned()),
                // Told twice by two messages: it pays the order already.
                Some(row) if row.pay_id == Some(payment.pay_id) => Ok(()),
                Some(row) => {
                    if let Some(after) = row.state().after(Transition::Pay) {
                        before.insert(row.order_id, row.state());
                        row.set_state(after);
                        (row.pay_time, row.pay_id, row.wake_time) = (Some(now), Some(payment.pay_id), None);
                        paid.push((row.order_id, payment));
                    } else {
                        let reason = unwanted(row);
                        let detail = format!("payment {} of {}: {reason}", payment.pay_id, payment.pay_amount);
                        acts.push(ActLogRow::new(owner, row.order_id, "repaid", Author::Shop, Some(detail)));
                        let back = RefundRequested {
                            refund_id: owner.context.ids.next(),
                            order_id: row.order_id,
                            pay_id: Some(payment.pay_id),
                            amount: payment.pay_amount,
                            reason: reason.to_owned(),
                        };
                        repay.push((row.order_id, back));
                    }
                    Ok(())
                }
            },
        });
    }
    row::write_moved(db, &before, &rows)?;
    insert_acts(db, &acts)?;
    outbox::write(db, &owner.context, ORDER_PAID, Duration::ZERO, &paid)?;
    outbox::write(db, &owner.context, ORDER_REPAY, Duration::ZERO, &repay)?;
    Ok(outcomes)
}

/// Why an order does not want a payment.
const fn unwanted(row: &Row) -> &'static str {
    match row.order_status {
        OrderStatus::Cancelled | OrderStatus::Invalid => "the order is cancelled",
        OrderStatus::Refunded => "the order is refunded",
        OrderStatus::Unconfirmed | OrderStatus::Confirmed => "the order is paid already",
    }
}
