//! Applies paid payments to their orders: a payment pays its order, or it is refunded.
//!
//! Pay publishes every paid payment, in any order of arrival. The state of the order's row decides.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::act_log::{ActLogRow, insert_act_log};
use super::published;
use super::row::{self, OrderRow};
use crate::db::{self, Db};
use crate::domain::event::What;
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::status::OrderStatus;
use crate::messaging::contract::Paid;
use crate::messaging::contract::RefundRequested;
use crate::messaging::contract::{ORDER_PAID, ORDER_REFUND_REQUESTED};
use crate::messaging::feed::event_type::PAID;
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::Author;

/// Consumes payment/paid: marks the order as paid, or requests a refund of a payment that the order cannot accept.
pub fn consume(owner: &Order, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let payments: Vec<Result<Paid, String>> = parse_bodies(messages);
    let ids: Vec<OrderId> = payments.iter().flatten().map(|paid| paid.order_id).collect();
    let mut rows = row::lock(db, &ids)?;
    let mut before: HashMap<OrderId, OrderState> = HashMap::new();
    let (mut paid, mut refunds, mut act_log) = (Vec::new(), Vec::new(), Vec::new());
    let mut outcomes = Vec::with_capacity(payments.len());
    for payment in payments {
        outcomes.push(match payment {
            Err(error) => Err(error),
            Ok(payment) => match rows.get_mut(&payment.order_id) {
                None => Err("the order is unknown".to_owned()),
                Some(row) if row.order_status == OrderStatus::Unconfirmed => Err("the order is unconfirmed".to_owned()),
                // A duplicate message: this payment has paid the order already.
                Some(row) if row.pay_id == Some(payment.pay_id) => Ok(()),
                Some(row) => {
                    if let Some(after) = row.state().after(Transition::Pay) {
                        before.insert(row.order_id, row.state());
                        row.set_state(after);
                        row.pay_time = Some(row.confirm_time.map_or(now, |confirmed| confirmed.max(now)));
                        (row.pay_id, row.wake_time) = (Some(payment.pay_id), None);
                        paid.push((row.order_id, payment));
                    } else {
                        let reason = refund_reason(row);
                        let detail = format!("payment {} of {}: {reason}", payment.pay_id, payment.pay_amount);
                        let refund = RefundRequested {
                            refund_id: owner.context.ids.next(),
                            order_id: row.order_id,
                            pay_id: Some(payment.pay_id),
                            amount: payment.pay_amount,
                            reason: reason.to_owned(),
                            message: Some(reason.to_owned()),
                        };
                        let act = ActLogRow::new(owner, row.order_id, What::Repaid, Author::Shop, Some(detail));
                        act_log.push(act.with(&json!({
                            "refund_id": refund.refund_id,
                            "pay_id": payment.pay_id,
                            "amount": payment.pay_amount,
                            "state": row.order_status,
                        })));
                        refunds.push((row.order_id, refund));
                    }
                    Ok(())
                }
            },
        });
    }
    row::write_states(db, &before, &rows)?;
    let pay_time = |order_id: &OrderId| rows.get(order_id).and_then(|row| row.pay_time).unwrap_or(now);
    published::record(db, PAID, paid.iter().map(|(order_id, _)| (*order_id, pay_time(order_id))));
    insert_act_log(db, &act_log)?;
    outbox::write(db, &owner.context, ORDER_PAID, Duration::ZERO, &paid)?;
    outbox::write(db, &owner.context, ORDER_REFUND_REQUESTED, Duration::ZERO, &refunds)?;
    Ok(outcomes)
}

/// The reason for refunding a payment that an order cannot accept.
const fn refund_reason(row: &OrderRow) -> &'static str {
    match row.order_status {
        OrderStatus::Cancelled | OrderStatus::Invalid => "the order is cancelled",
        OrderStatus::Refunded => "the order is refunded",
        OrderStatus::Unconfirmed | OrderStatus::Confirmed => "the order is paid already",
    }
}
