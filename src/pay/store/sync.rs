//! Open payments and when their platform is to be asked, in the tables.

use diesel::prelude::*;
use serde::Serialize;

use super::row::Row;
use super::{refund, row, view};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{pay, pay_ask};
use crate::db::{self, Db, any_of, insert_all, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::pay::Pay;
use crate::pay::message::{ClaimDueSyncs, FindAny, LiveOf, Payment, Status, Unfinished};

/// Plans the first question about new payments.
pub fn plan(db: &mut Db, payments: &[Row], at: Timestamp) -> db::Result<()> {
    let rows: Vec<_> = payments
        .iter()
        .map(|row| (pay_ask::pay_id.eq(row.pay_id), pay_ask::ask_time.eq(at), pay_ask::asks.eq(0)))
        .collect();
    insert_all!(db, pay_ask::table, &rows)
}

/// The next question.
#[derive(Serialize)]
struct Next {
    id: i64,
    next: i64,
}

const NEXT: Update = Update {
    table: "pay_ask",
    given: &[("id", Kind::Integer), ("next", Kind::Integer)],
    only: "pay_id = given.id",
    set: "ask_time = given.next, asks = asks + 1",
};

/// Gives out the payments to be asked for now, and plans the question after that.
impl Task<Pay> for ClaimDueSyncs {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        let now = owner.context.clock.now();
        let take = |task: &ClaimDueSyncs| {
            let due = pay_ask::table
                .filter(pay_ask::ask_time.le(now))
                .order((pay_ask::ask_time, pay_ask::pay_id))
                .limit(task.limit)
                .select((pay_ask::pay_id, pay_ask::asks));
            let due: Vec<(PayId, i32)> = with_conn!(db, skip_locked(due).load(db))?;
            let next =
                |asks: i32| now.plus(task.again.delay(u32::try_from(asks).unwrap_or_default().saturating_add(1)));
            let rows: Vec<Next> = due.iter().map(|(id, asks)| Next { id: id.get(), next: next(*asks).0 }).collect();
            db::expect_rows(NEXT.run(db, &rows)?, rows.len())?;
            let rows = row::read(db, &due.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
            Ok(view::payments(db, rows.into_values())?.into_values().collect())
        };
        batch.iter().map(take).collect()
    }
}

/// The payments of orders that are open or paid.
impl Task<Pay> for LiveOf {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        let orders: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let rows: Vec<Row> =
            db::load_by(&orders, |ids| with_conn!(db, pay::table.filter(any_of(pay::order_id, ids)).load(db)))?;
        let live = view::payments(db, rows.into_iter().filter(|row| row.status() != Status::Closed))?;
        let of = |task: &LiveOf| live.values().filter(|live| live.order_id == task.order_id).cloned().collect();
        Ok(batch.iter().map(of).collect())
    }
}

/// Payments with their refunds that are not done.
impl Task<Pay> for FindAny {
    type Outcome = Option<Unfinished>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Unfinished>>> {
        let find = |task: &FindAny| {
            let rows = row::read(db, &[task.pay_id])?;
            let Some(payment) = view::payments(db, rows.into_values())?.remove(&task.pay_id) else { return Ok(None) };
            let refunds = refund::not_done(db, task.pay_id)?;
            Ok(Some(Unfinished { payment, refunds: refund::due_of(db, refunds)? }))
        };
        batch.iter().map(find).collect()
    }
}
