//! Completes the saga of an order: confirms it, or cancels it together with the messages that release its reservations.
//!
//! The task carries the order as it was written. Only the columns that change are read again.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;

use super::{published, row};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::orders;
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::messaging::contract::ORDER_CANCELLED;
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::feed::event_type::{CONFIRMED, FAILED, PAID};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::{self, Completion, Confirm};

/// The columns of an order that change after it was written.
#[derive(Queryable)]
struct Progress {
    order_id: OrderId,
    order_status: OrderStatus,
    pay_status: PayStatus,
    shipping_status: ShippingStatus,
    confirm_time: Option<Timestamp>,
    pay_time: Option<Timestamp>,
    pay_id: Option<PayId>,
    refusal: Option<String>,
    refusal_data: Option<String>,
}

impl Progress {
    /// The columns of an order that is confirmed now.
    fn confirmed(order: &message::Order, now: Timestamp) -> Self {
        let is_paid = order.pay_amount == Money::ZERO;
        // The clock may have been set back, or another node's may be ahead; the times of an order follow each other.
        let confirmed_at = now.max(order.add_time);
        Self {
            order_id: order.order_id,
            order_status: OrderStatus::Confirmed,
            pay_status: if is_paid { PayStatus::Paid } else { PayStatus::Unpaid },
            shipping_status: ShippingStatus::Unshipped,
            confirm_time: Some(confirmed_at),
            pay_time: is_paid.then_some(confirmed_at),
            pay_id: None,
            refusal: None,
            refusal_data: None,
        }
    }
}

/// Locks orders and reads their progress.
fn read<'a>(db: &mut Db, batch: impl Iterator<Item = &'a message::Order>) -> db::Result<BTreeMap<OrderId, Progress>> {
    let ids: Vec<OrderId> = batch.map(|order| order.order_id).collect();
    let rows: Vec<Progress> = db::load_by(&ids, |ids| {
        let progress = orders::table.filter(any_of(orders::order_id, ids)).order(orders::order_id).select((
            orders::order_id,
            orders::order_status,
            orders::pay_status,
            orders::shipping_status,
            orders::confirm_time,
            orders::pay_time,
            orders::pay_id,
            orders::refusal,
            orders::refusal_data,
        ));
        with_conn!(db, for_update(progress).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.order_id, row)).collect())
}

/// Parameters of [`SetConfirmed`] for one order.
#[derive(Serialize)]
struct ConfirmedOrder {
    id: i64,
    at: Option<i64>,
    pay: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wake: Option<i64>,
}

impl ConfirmedOrder {
    /// The parameters for an order that is woken at `wake` if it is not paid by then.
    fn of(progress: &Progress, wake: Timestamp) -> Self {
        Self {
            id: progress.order_id.get(),
            at: progress.confirm_time.map(|time| time.0),
            pay: progress.pay_status.number(),
            paid_at: progress.pay_time.map(|time| time.0),
            wake: progress.pay_time.is_none().then_some(wake.0),
        }
    }
}

struct SetConfirmed;

impl Change for SetConfirmed {
    const UPDATE: Update = Update {
        table: "orders",
        given: &[
            ("id", Kind::Integer),
            ("at", Kind::Integer),
            ("pay", Kind::Integer),
            ("paid_at", Kind::Integer),
            ("wake", Kind::Integer),
        ],
        condition: "order_id = given.id AND order_status = 0",
        set: "order_status = 1, confirm_time = given.at, pay_status = given.pay, pay_time = given.paid_at, \
              wake_time = given.wake",
    };
}

/// Confirms orders whose deadline has not passed. An order with nothing to pay on a platform is paid at once; any other
/// order gets the end of its payment period as its wake time. Nearly all orders of a batch are unconfirmed, so they are
/// confirmed first and read only if one was not.
impl Task<Order> for Confirm {
    type Outcome = Completion;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Completion>> {
        let now = owner.context.clock.now();
        let now_for_deadlines = owner.context.clock.now_for_deadlines(owner.pay_within);
        let in_time = batch.iter().filter(|task| now_for_deadlines < task.order.deadline_time);
        // By order and once each, so that transactions lock rows in the same order.
        let mut progress_of: BTreeMap<OrderId, Progress> =
            in_time.map(|Self { order }| (order.order_id, Progress::confirmed(order, now))).collect();
        let wake = now.plus(owner.pay_within);
        let confirmed: Vec<ConfirmedOrder> =
            progress_of.values().map(|progress| ConfirmedOrder::of(progress, wake)).collect();
        let is_complete = change::<SetConfirmed, _>(db, &confirmed)? == confirmed.len();
        if !is_complete || batch.iter().any(|task| !progress_of.contains_key(&task.order.order_id)) {
            progress_of = read(db, batch.iter().map(|task| &*task.order))?;
        }
        record(db, batch, &progress_of, now);
        batch.iter().map(|task| completion(owner, &task.order, &progress_of)).collect()
    }
}

/// Records in the chain which orders are confirmed now, and which are paid by that. If an order of the batch was confirmed
/// before, the time decides: at worst an order that was confirmed in the same millisecond is recorded again.
fn record(db: &mut Db, batch: &[Confirm], progress_of: &BTreeMap<OrderId, Progress>, now: Timestamp) {
    let add_times: BTreeMap<OrderId, Timestamp> =
        batch.iter().map(|task| (task.order.order_id, task.order.add_time)).collect();
    let is_now =
        |at: Timestamp, order_id: OrderId| add_times.get(&order_id).is_some_and(|add_time| at == now.max(*add_time));
    let confirmed = progress_of.values().filter_map(|progress| Some((progress.order_id, progress.confirm_time?)));
    let confirmed: Vec<(OrderId, Timestamp)> = confirmed.filter(|(order_id, at)| is_now(*at, *order_id)).collect();
    let is_paid = |(order_id, at): &&(OrderId, Timestamp)| {
        progress_of.get(order_id).is_some_and(|progress| progress.pay_id.is_none() && progress.pay_time == Some(*at))
    };
    published::record(db, CONFIRMED, confirmed.iter().copied());
    published::record(db, PAID, confirmed.iter().filter(is_paid).copied());
}

/// Parameters of [`SetCancelled`] for one order.
#[derive(Serialize)]
struct CancelledOrder {
    id: i64,
    why: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

struct SetCancelled;

impl Change for SetCancelled {
    const UPDATE: Update = Update {
        table: "orders",
        given: &[("id", Kind::Integer), ("why", Kind::Text), ("data", Kind::Text)],
        condition: "order_id = given.id AND order_status = 0",
        set: "order_status = 2, wake_time = NULL, refusal = given.why, refusal_data = given.data",
    };
}

/// Cancels unconfirmed orders and writes one message for each owner that may have reserved something.
impl Task<Order> for message::Cancel {
    type Outcome = Completion;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Completion>> {
        let mut progress_of = read(db, batch.iter().map(|task| &*task.order))?;
        let (mut cancelled, mut messages) = (Vec::new(), Vec::new());
        for Self { order, refused } in batch {
            let Some(progress) = progress_of.get_mut(&order.order_id) else { continue };
            if progress.order_status != OrderStatus::Unconfirmed {
                continue;
            }
            progress.order_status = OrderStatus::Cancelled;
            progress.refusal = Some(refused.refusal.code().to_owned());
            progress.refusal_data = refused.stored_causes();
            let data = progress.refusal_data.clone();
            cancelled.push(CancelledOrder { id: order.order_id.get(), why: refused.refusal.code(), data });
            let goods = order.goods.iter().map(|line| line.goods_id).collect();
            let body = ReservationsReleased {
                order_id: order.order_id,
                user_id: order.user_id,
                coupon_id: order.coupon_id,
                goods,
            };
            messages.push((order.order_id, body));
        }
        db::expect_rows(change::<SetCancelled, _>(db, &cancelled)?, cancelled.len())?;
        let now = owner.context.clock.now();
        published::record(db, FAILED, messages.iter().map(|(order_id, _)| (*order_id, now)));
        outbox::write(db, &owner.context, ORDER_CANCELLED, Duration::ZERO, &messages)?;
        batch.iter().map(|task| completion(owner, &task.order, &progress_of)).collect()
    }
}

/// The completion of an order, from the order as it was written and its present progress.
fn completion(
    owner: &Order,
    order: &message::Order,
    progress_of: &BTreeMap<OrderId, Progress>,
) -> db::Result<Completion> {
    let order_id = order.order_id;
    let progress = progress_of.get(&order_id).ok_or_else(|| db::Error::bug(format!("there is no order {order_id}")))?;
    let state =
        OrderState { order: progress.order_status, pay: progress.pay_status, shipping: progress.shipping_status };
    let order = Box::new(message::Order {
        pay_before: owner.pay_before(state, progress.confirm_time),
        order_status: progress.order_status,
        pay_status: progress.pay_status,
        shipping_status: progress.shipping_status,
        confirm_time: progress.confirm_time,
        pay_time: progress.pay_time,
        pay_id: progress.pay_id,
        refusal: progress.refusal.as_deref().map(row::refusal).transpose()?,
        refusal_data: progress.refusal_data.as_deref().map(Refused::causes_from_stored).unwrap_or_default(),
        ..order.clone()
    });
    Ok(match order.order_status {
        OrderStatus::Unconfirmed => Completion::DeadlinePassed,
        OrderStatus::Confirmed | OrderStatus::Refunded => Completion::Confirmed(order),
        // The order was confirmed and has been cancelled since.
        OrderStatus::Cancelled if order.confirm_time.is_some() => Completion::Confirmed(order),
        OrderStatus::Cancelled | OrderStatus::Invalid => {
            let refusal = order.refusal.unwrap_or(Refusal::OrderDeadlinePassed);
            Completion::Cancelled(Refused { refusal, causes: order.refusal_data.clone() }, order)
        }
    })
}
