//! The tables of Order: finding and claiming orders. `placing` writes new ones, `account` has the caps on unpaid orders,
//! `completion` what completes a saga, `transition` the actions on an order, `paying`, `payment` and `refund` what Pay reports.

mod account;
mod act_log;
mod ahead;
mod completion;
mod listing;
mod parcel;
mod paying;
mod payment;
mod placing;
mod published;
mod refund;
mod refund_row;
mod requested;
mod row;
mod transition;

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::Order;
use super::message::{self, ClaimExpired, CountUnfinished, ListUnfinished};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::orders;
use crate::db::{self, Db, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::OrderId;
use crate::domain::status::OrderStatus;
use crate::messaging::contract::{PAYMENT_ENDED, PAYMENT_REFUND};
use crate::messaging::outbox;
use row::{OrderRow, into_orders};

/// Consumes payment/paid, payment/refund and payment/ended.
pub fn consume(owner: &Order, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let of_tag = |tag: &str| -> Vec<&outbox::Message> {
        messages.iter().copied().filter(|message| message.tag == tag).collect()
    };
    let is_other = |message: &outbox::Message| message.tag != PAYMENT_REFUND.tag && message.tag != PAYMENT_ENDED.tag;
    let paid: Vec<&outbox::Message> = messages.iter().copied().filter(|message| is_other(message)).collect();
    // A payment and its refund may arrive together. The payment comes first.
    let mut paid = payment::consume(owner, &paid, db)?.into_iter();
    let mut refunds = refund::consume(owner, &of_tag(PAYMENT_REFUND.tag), db)?.into_iter();
    let mut ended = paying::consume(&of_tag(PAYMENT_ENDED.tag), db)?.into_iter();
    let outcome = |message: &&outbox::Message| {
        let next = match message.tag.as_ref() {
            tag if tag == PAYMENT_REFUND.tag => refunds.next(),
            tag if tag == PAYMENT_ENDED.tag => ended.next(),
            _ => paid.next(),
        };
        next.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(outcome).collect())
}

/// Finds orders of their customers.
impl Task<Order> for message::Find {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Order>>> {
        let orders = read(owner, db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?;
        let find = |task: &Self| orders.get(&task.order_id).filter(|order| order.user_id == task.user_id).cloned();
        Ok(batch.iter().map(find).collect())
    }
}

/// Reads orders by their ids.
fn read(owner: &Order, db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, message::Order>> {
    let rows: Vec<OrderRow> =
        db::load_by(ids, |ids| with_conn!(db, orders::table.filter(any_of(orders::order_id, ids)).load(db)))?;
    Ok(into_orders(owner, db, rows)?.into_iter().map(|order| (order.order_id, order)).collect())
}

/// Finds orders of any user.
impl Task<Order> for message::FindAny {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Order>>> {
        let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let orders = read(owner, db, &ids)?;
        Ok(ids.iter().map(|id| orders.get(id).cloned()).collect())
    }
}

/// Reads pages of unconfirmed orders by wake time, which is the deadline of an unconfirmed order. The index on the wake
/// time finds the few unconfirmed orders; paging by id would scan the whole table.
impl Task<Order> for ListUnfinished {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Order>>> {
        let page = |task: &Self| {
            let (from, after) = task.after.unwrap_or((Timestamp(i64::MIN), OrderId::new(0)));
            let later = orders::wake_time.gt(Some(from)).or(orders::order_id.gt(after));
            let rows = with_conn!(
                db,
                orders::table
                    .filter(orders::wake_time.ge(Some(from)).and(orders::wake_time.le(Some(task.until))))
                    .filter(orders::order_status.eq(OrderStatus::Unconfirmed).and(later))
                    .order((orders::wake_time, orders::order_id))
                    .limit(task.limit)
                    .load(db)
            )?;
            into_orders(owner, db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// Counts unconfirmed orders.
impl Task<Order> for CountUnfinished {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<i64>> {
        let count = |task: &Self| {
            let unfinished =
                orders::wake_time.le(Some(task.until)).and(orders::order_status.eq(OrderStatus::Unconfirmed));
            Ok(with_conn!(db, orders::table.filter(unfinished).count().get_result(db))?)
        };
        batch.iter().map(count).collect()
    }
}

/// Claims the orders whose payment period has expired and postpones their wake time by the lease. If `pay_within` was
/// increased since an order was confirmed, the order is not claimed; its wake time moves to the new end of the period.
/// If `pay_within` was lowered, or the clock set back, the period ends at most `pay_within` from now.
impl Task<Order> for ClaimExpired {
    type Outcome = Vec<OrderId>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<OrderId>>> {
        // A step forward of the clock must not cancel an order early.
        let now = owner.context.clock.now_for_deadlines(owner.pay_within);
        let stored_at = owner.context.clock.now();
        let claim = |task: &Self| {
            ahead::bring_payments_forward(db, task.horizon, stored_at, stored_at.plus(owner.pay_within))?;
            let due = orders::table
                .filter(orders::wake_time.le(Some(now)).and(orders::order_status.eq(OrderStatus::Confirmed)))
                .order((orders::wake_time, orders::order_id))
                .limit(task.limit)
                .select((orders::order_id, orders::confirm_time));
            let due: Vec<(OrderId, Option<Timestamp>)> = with_conn!(db, skip_locked(due).load(db))?;
            let payable_until = |confirmed| owner.payable_until(confirmed, now);
            let wake = |confirmed| {
                let until = payable_until(confirmed);
                if until > now { until } else { now.plus(task.lease) }
            };
            let wakes: Vec<Wake> =
                due.iter().map(|(id, confirmed)| Wake { id: id.get(), wake: wake(*confirmed).0 }).collect();
            db::expect_rows(change::<SetWake, _>(db, &wakes)?, wakes.len())?;
            Ok(due.into_iter().filter(|(_, confirmed)| payable_until(*confirmed) <= now).map(|(id, _)| id).collect())
        };
        batch.iter().map(claim).collect()
    }
}

/// Parameters of [`SetWake`] for one order.
#[derive(Serialize)]
struct Wake {
    id: i64,
    wake: i64,
}

struct SetWake;

impl Change for SetWake {
    const UPDATE: Update = Update {
        table: "orders",
        given: &[("id", Kind::Integer), ("wake", Kind::Integer)],
        condition: "order_id = given.id",
        set: "wake_time = given.wake",
    };
}
