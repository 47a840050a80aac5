//! The schedule of status queries for open payments (table `pay_ask`), and queries for payments that are not final.

use diesel::prelude::*;
use serde::Serialize;

use super::row::PaymentRow;
use super::{refund, row, view};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{pay, pay_ask};
use crate::db::{self, Db, any_of, insert_all, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::pay::Pay;
use crate::pay::message::{self, ClaimDueSyncs, FindOpenOrPaid, Payment, PaymentWithOpenRefunds};

/// Schedules the first status query of new payments for the time `at`.
pub fn schedule(db: &mut Db, payments: &[PaymentRow], at: Timestamp) -> db::Result<()> {
    let rows: Vec<_> = payments
        .iter()
        .map(|row| (pay_ask::pay_id.eq(row.pay_id), pay_ask::ask_time.eq(at), pay_ask::asks.eq(0)))
        .collect();
    insert_all!(db, pay_ask::table, &rows)
}

/// Parameters of [`SET_NEXT_SYNC`] for one payment.
#[derive(Serialize)]
struct NextSync {
    id: i64,
    next: i64,
}

const SET_NEXT_SYNC: Update = Update {
    table: "pay_ask",
    given: &[("id", Kind::Integer), ("next", Kind::Integer)],
    only: "pay_id = given.id",
    set: "ask_time = given.next, asks = asks + 1",
};

/// Claims the payments whose status query is due, and schedules the query after this one.
impl Task<Pay> for ClaimDueSyncs {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        let now = owner.context.clock.now();
        let claim = |task: &Self| {
            let due = pay_ask::table
                .filter(pay_ask::ask_time.le(now))
                .order((pay_ask::ask_time, pay_ask::pay_id))
                .limit(task.limit)
                .select((pay_ask::pay_id, pay_ask::asks));
            let due: Vec<(PayId, i32)> = with_conn!(db, skip_locked(due).load(db))?;
            let next =
                |asks: i32| now.plus(task.backoff.delay(u32::try_from(asks).unwrap_or_default().saturating_add(1)));
            let rows: Vec<NextSync> =
                due.iter().map(|(id, asks)| NextSync { id: id.get(), next: next(*asks).0 }).collect();
            db::expect_rows(SET_NEXT_SYNC.run(db, &rows)?, rows.len())?;
            let rows = row::read(db, &due.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
            Ok(view::payments(db, rows.into_values())?.into_values().collect())
        };
        batch.iter().map(claim).collect()
    }
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
            let refunds = refund::not_done(db, task.pay_id)?;
            Ok(Some(PaymentWithOpenRefunds { payment, refunds: refund::into_due_refunds(db, refunds)? }))
        };
        batch.iter().map(find).collect()
    }
}
