//! What ends the saga of an order, in its tables: confirmed, or cancelled with the messages that give everything back. Of
//! the order only what changes is read: the rest is as it was written, and comes with the task.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;

use super::row;
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::orders;
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::messaging::contract::ORDER_CANCELLED;
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::{self, Cancel, Completion, Confirm};

/// What changes in an order.
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
}

fn lock<'a>(db: &mut Db, batch: impl Iterator<Item = &'a message::Order>) -> db::Result<HashMap<OrderId, Progress>> {
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
        ));
        with_conn!(db, for_update(progress).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.order_id, row)).collect())
}

/// An order that is confirmed now.
#[derive(Serialize)]
struct Confirmed {
    id: i64,
    at: i64,
    pay: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wake: Option<i64>,
}

const SET_CONFIRMED: Update = Update {
    table: "orders",
    given: &[
        ("id", Kind::Integer),
        ("at", Kind::Integer),
        ("pay", Kind::Integer),
        ("paid_at", Kind::Integer),
        ("wake", Kind::Integer),
    ],
    only: "order_id = given.id AND order_status = 0",
    set: "order_status = 1, confirm_time = given.at, pay_status = given.pay, pay_time = given.paid_at, \
          wake_time = given.wake",
};

/// `unconfirmed -> confirmed` before the deadline, one statement for the whole batch. Where nothing is left to pay the
/// order is paid at once; else it wakes somebody when its time to be paid has passed.
impl Task<Order> for Confirm {
    type Outcome = Completion;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Completion>> {
        let now = owner.context.clock.now();
        let mut all = lock(db, batch.iter().map(|task| &*task.order))?;
        let mut confirmed = Vec::new();
        for Confirm { order } in batch {
            let Some(progress) = all.get_mut(&order.order_id) else { continue };
            if progress.order_status != OrderStatus::Unconfirmed || now >= order.deadline_time {
                continue;
            }
            let is_paid = order.pay_amount == Money::ZERO;
            progress.order_status = OrderStatus::Confirmed;
            progress.pay_status = if is_paid { PayStatus::Paid } else { PayStatus::Unpaid };
            progress.confirm_time = Some(now);
            progress.pay_time = is_paid.then_some(now);
            confirmed.push(Confirmed {
                id: order.order_id.get(),
                at: now.0,
                pay: progress.pay_status.number(),
                paid_at: progress.pay_time.map(|time| time.0),
                wake: (!is_paid).then(|| now.plus(owner.pay_within).0),
            });
        }
        db::expect_rows(SET_CONFIRMED.run(db, &confirmed)?, confirmed.len())?;
        batch.iter().map(|task| ended(&task.order, &all)).collect()
    }
}

/// An order that is cancelled now.
#[derive(Serialize)]
struct Cancelled {
    id: i64,
    why: &'static str,
}

const SET_CANCELLED: Update = Update {
    table: "orders",
    given: &[("id", Kind::Integer), ("why", Kind::Text)],
    only: "order_id = given.id AND order_status = 0",
    set: "order_status = 2, wake_time = NULL, refusal = given.why",
};

/// `unconfirmed -> cancelled`, with one message for each owner that may have taken something.
impl Task<Order> for Cancel {
    type Outcome = Completion;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Completion>> {
        let mut all = lock(db, batch.iter().map(|task| &*task.order))?;
        let (mut cancelled, mut messages) = (Vec::new(), Vec::new());
        for Cancel { order, refusal } in batch {
            let Some(progress) = all.get_mut(&order.order_id) else { continue };
            if progress.order_status != OrderStatus::Unconfirmed {
                continue;
            }
            progress.order_status = OrderStatus::Cancelled;
            progress.refusal = Some(refusal.code().to_owned());
            cancelled.push(Cancelled { id: order.order_id.get(), why: refusal.code() });
            let goods = order.goods.iter().map(|line| line.goods_id).collect();
            let body = ReservationsReleased {
                order_id: order.order_id,
                user_id: order.user_id,
                coupon_id: order.coupon_id,
                goods,
            };
            messages.push((order.order_id, body));
        }
        db::expect_rows(SET_CANCELLED.run(db, &cancelled)?, cancelled.len())?;
        outbox::write(db, &owner.context, ORDER_CANCELLED, Duration::ZERO, &messages)?;
        batch.iter().map(|task| ended(&task.order, &all)).collect()
    }
}

fn ended(order: &message::Order, all: &HashMap<OrderId, Progress>) -> db::Result<Completion> {
    let order_id = order.order_id;
    let now = all.get(&order_id).ok_or_else(|| db::Error::bug(format!("there is no order {order_id}")))?;
    let order = Box::new(message::Order {
        order_status: now.order_status,
        pay_status: now.pay_status,
        shipping_status: now.shipping_status,
        confirm_time: now.confirm_time,
        pay_time: now.pay_time,
        pay_id: now.pay_id,
        refusal: now.refusal.as_deref().map(row::refusal).transpose()?,
        ..order.clone()
    });
    Ok(match order.order_status {
        OrderStatus::Unconfirmed => Completion::DeadlinePassed,
        OrderStatus::Confirmed | OrderStatus::Refunded => Completion::Confirmed(order),
        // It was confirmed, and given up since.
        OrderStatus::Cancelled if order.confirm_time.is_some() => Completion::Confirmed(order),
        OrderStatus::Cancelled | OrderStatus::Invalid => {
            Completion::Cancelled(order.refusal.unwrap_or(Refusal::OrderDeadlinePassed), order)
        }
    })
}
