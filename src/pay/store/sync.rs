//! The schedule of status queries (table `pay_ask`), and queries for payments that are not final.
//!
//! An open payment is queried because its callback may be lost. A closed one is queried until it cannot be paid at its
//! platform any more: the platform may not have known it when it was asked to close it, and learned of it later.

use std::collections::HashSet;

use diesel::prelude::*;
use serde::Serialize;

use super::row::PaymentRow;
use super::{refund, refund_row, row, view};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{pay, pay_ask, pay_open};
use crate::db::{self, Db, any_of, for_update, insert_all, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::id::{OrderId, PayId};
use crate::domain::status::IsPaid;
use crate::pay::Pay;
use crate::pay::message::{self, ClaimDueSyncs, DueSync, FindOpenOrPaid, Payment, PaymentWithOpenRefunds, StopSync};

/// Schedules the first status query of new payments for the time `at`.
pub fn schedule(db: &mut Db, payments: &[PaymentRow], at: Timestamp) -> db::Result<()> {
    let rows: Vec<_> = payments
        .iter()
        .map(|row| {
            let provider = pay_ask::provider.eq(&row.provider);
            (pay_ask::pay_id.eq(row.pay_id), pay_ask::ask_time.eq(at), pay_ask::asks.eq(0), provider)
        })
        .collect();
    insert_all!(db, pay_ask::table, &rows)
}

/// Makes status queries of payments due now.
pub fn hasten(db: &mut Db, ids: &[PayId], now: Timestamp) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let later = pay_ask::table.filter(any_of(pay_ask::pay_id, ids)).filter(pay_ask::ask_time.gt(now));
        with_conn!(db, diesel::update(later).set(pay_ask::ask_time.eq(now)).execute(db))?;
    }
    Ok(())
}

/// Makes the status queries of an order's other open payments due now, because one of its payments is `paid`. They are
/// to be closed at their platforms.
pub fn hasten_others(db: &mut Db, paid: &[(PayId, OrderId)], now: Timestamp) -> db::Result<()> {
    let (mut ids, orders): (Vec<PayId>, Vec<OrderId>) = paid.iter().copied().unzip();
    let open: Vec<PayId> = db::load_by(&orders, |orders| {
        with_conn!(db, pay_open::table.filter(any_of(pay_open::order_id, orders)).select(pay_open::pay_id).load(db))
    })?;
    let others: Vec<PayId> = open.into_iter().filter(|id| !ids.contains(id)).collect();
    if others.is_empty() {
        return Ok(());
    }
    // Two payments of an order may become paid in two transactions. Each locks the rows of both, in the same order.
    ids.extend(&others);
    let _: Vec<PayId> = db::load_by(&ids, |ids| {
        let rows = pay_ask::table.filter(any_of(pay_ask::pay_id, ids)).order(pay_ask::pay_id);
        with_conn!(db, for_update(rows.select(pay_ask::pay_id)).load(db))
    })?;
    hasten(db, &others, now)
}

/// The orders that have a paid payment.
fn paid_orders(db: &mut Db, orders: impl Iterator<Item = OrderId>) -> db::Result<HashSet<OrderId>> {
    let orders: Vec<OrderId> = orders.collect();
    let paid: Vec<OrderId> = db::load_by(&orders, |ids| {
        let paid = pay::table.filter(any_of(pay::order_id, ids)).filter(pay::is_paid.eq(IsPaid::Yes));
        with_conn!(db, paid.select(pay::order_id).load(db))
    })?;
    Ok(paid.into_iter().collect())
}

/// Removes the status queries of payments.
pub fn unschedule(db: &mut Db, ids: &[PayId]) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        with_conn!(db, diesel::delete(pay_ask::table.filter(any_of(pay_ask::pay_id, ids))).execute(db))?;
    }
    Ok(())
}

/// Counts the payments with a status query.
pub fn count(db: &mut Db) -> db::Result<i64> {
    Ok(with_conn!(db, pay_ask::table.count().get_result(db))?)
}

/// Ends the status queries of closed payments.
impl Task<Pay> for StopSync {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let rows = row::lock(db, &batch.iter().map(|task| task.pay_id).collect::<Vec<_>>())?;
        let closed = rows.values().filter(|row| !row.is_open()).map(|row| row.pay_id);
        unschedule(db, &closed.collect::<Vec<_>>())?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Parameters of [`SetNextSync`] for one payment.
#[derive(Serialize)]
struct NextSync {
    id: i64,
    next: i64,
}

struct SetNextSync;

impl Change for SetNextSync {
    const UPDATE: Update = Update {
        table: "pay_ask",
        given: &[("id", Kind::Integer), ("next", Kind::Integer)],
        condition: "pay_id = given.id",
        set: "ask_time = given.next, asks = asks + 1",
    };
}

/// Claims the payments of a platform whose status query is due, and schedules the query after this one.
impl Task<Pay> for ClaimDueSyncs {
    type Outcome = Vec<DueSync>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<DueSync>>> {
        let now = owner.context.clock.now();
        let claim = |task: &Self| {
            let due = pay_ask::table
                .filter(pay_ask::provider.eq(task.provider.as_str()).and(pay_ask::ask_time.le(now)))
                .order((pay_ask::ask_time, pay_ask::pay_id))
                .limit(task.limit)
                .select((pay_ask::pay_id, pay_ask::asks));
            let due: Vec<(PayId, i32)> = with_conn!(db, skip_locked(due).load(db))?;
            let next =
                |asks: i32| now.plus(task.backoff.delay(u32::try_from(asks).unwrap_or_default().saturating_add(1)));
            let rows: Vec<NextSync> =
                due.iter().map(|(id, asks)| NextSync { id: id.get(), next: next(*asks).0 }).collect();
            db::expect_rows(change::<SetNextSync, _>(db, &rows)?, rows.len())?;
            let rows = row::read(db, &due.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
            let paid = paid_orders(db, rows.values().filter(|row| row.is_open()).map(|row| row.order_id))?;
            let payments = view::payments(db, rows.into_values())?.into_values();
            let due = |payment: Payment| DueSync { is_superseded: paid.contains(&payment.order_id), payment };
            Ok(payments.map(due).collect())
        };
        batch.iter().map(claim).collect()
    }
}

/// Counts the status queries that are further ahead than `horizon`.
pub fn count_ahead(db: &mut Db, horizon: Horizon, now: Timestamp) -> db::Result<i64> {
    let ahead = pay_ask::table.filter(pay_ask::ask_time.gt(horizon.latest(now)));
    Ok(with_conn!(db, ahead.count().get_result(db))?)
}

/// Finds the payments of orders that are not closed.
impl Task<Pay> for FindOpenOrPaid {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        let orders: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let rows: Vec<PaymentRow> =
            db::load_by(&orders, |ids| with_conn!(db, pay::table.filter(any_of(pay::order_id, ids)).load(db)))?;
        let payments = view::payments(db, rows.into_iter().filter(|row| row.status() != message::Status::Closed))?;
        let of_order = |task: &Self| payments.values().filter(|row| row.order_id == task.order_id).cloned().collect();
        Ok(batch.iter().map(of_order).collect())
    }
}

/// Finds payments of any user with their open refunds.
impl Task<Pay> for message::FindAny {
    type Outcome = Option<PaymentWithOpenRefunds>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<PaymentWithOpenRefunds>>> {
        let find = |task: &Self| {
            let rows = row::read(db, &[task.pay_id])?;
            let Some(payment) = view::payments(db, rows.into_values())?.remove(&task.pay_id) else { return Ok(None) };
            let refunds = refund_row::not_done(db, task.pay_id)?;
            Ok(Some(PaymentWithOpenRefunds { payment, refunds: refund::into_due_refunds(db, refunds)? }))
        };
        batch.iter().map(find).collect()
    }

    fn order_of(found: &Option<PaymentWithOpenRefunds>) -> Option<OrderId> {
        found.as_ref().map(|found| found.payment.order_id)
    }
}
