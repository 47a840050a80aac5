//! Changes the times at which status queries and refunds are due.

use diesel::prelude::*;

use super::row::{self, PaymentRow};
use super::sync;
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{pay_ask, pay_refund};
use crate::db::{self, Db, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::id::{PayId, RefundId};
use crate::domain::status::RefundState;
use crate::pay::Pay;
use crate::pay::message::{BringForward, PostponeDue};

/// Maximum number of rows of each table that are changed at once.
const PAGE_SIZE: i64 = 500;

/// Makes status queries and refunds due now that are further ahead than the settings allow.
impl Task<Pay> for BringForward {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        for task in batch {
            bring_syncs_forward(db, task.sync, now)?;
            bring_refunds_forward(db, task.refund, now)?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}

fn bring_syncs_forward(db: &mut Db, horizon: Horizon, now: Timestamp) -> db::Result<()> {
    let ahead = pay_ask::table
        .filter(pay_ask::ask_time.gt(horizon.latest(now)))
        .order((pay_ask::ask_time, pay_ask::pay_id))
        .limit(PAGE_SIZE)
        .select(pay_ask::pay_id);
    let ids: Vec<PayId> = with_conn!(db, skip_locked(ahead).load(db))?;
    if !ids.is_empty() {
        tracing::warn!(
            payments = ids.len(),
            "platforms were to be asked for payments later than payments.ask allows: the setting was lowered, or the \
             clock set back; they are asked now"
        );
        set_sync_times(db, &ids, now)?;
    }
    Ok(())
}

fn bring_refunds_forward(db: &mut Db, horizon: Horizon, now: Timestamp) -> db::Result<()> {
    let ahead = pay_refund::table
        .filter(pay_refund::status.eq(RefundState::Pending).and(pay_refund::due_time.gt(horizon.latest(now))))
        .order((pay_refund::due_time, pay_refund::refund_id))
        .limit(PAGE_SIZE)
        .select(pay_refund::refund_id);
    let ids: Vec<RefundId> = with_conn!(db, skip_locked(ahead).load(db))?;
    if !ids.is_empty() {
        tracing::warn!(
            refunds = ids.len(),
            "refunds were due later than payments.refund allows: the setting was lowered, or the clock set back; they \
             are due now"
        );
        set_refund_times(db, &ids, now)?;
    }
    Ok(())
}

/// Moves what is due at platforms that are not called forward in time, so that it is neither overdue nor forgotten.
impl Task<Pay> for PostponeDue {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        for task in batch {
            let called: Vec<&str> = task.except.iter().map(|provider| provider.as_str()).collect();
            let syncs = pay_ask::table
                .filter(pay_ask::ask_time.le(now).and(pay_ask::provider.ne_all(called.clone())))
                .order((pay_ask::ask_time, pay_ask::pay_id))
                .limit(PAGE_SIZE)
                .select(pay_ask::pay_id);
            let syncs: Vec<PayId> = with_conn!(db, skip_locked(syncs).load(db))?;
            set_sync_times(db, &syncs, now.plus(task.sync))?;
            unwatch(db, &syncs, task.unwatch_before)?;
            let is_due = pay_refund::status.eq(RefundState::Pending).and(pay_refund::due_time.le(now));
            let refunds = pay_refund::table
                .filter(is_due.and(pay_refund::provider.ne_all(called)))
                .order((pay_refund::due_time, pay_refund::refund_id))
                .limit(PAGE_SIZE)
                .select(pay_refund::refund_id);
            let refunds: Vec<RefundId> = with_conn!(db, skip_locked(refunds).load(db))?;
            set_refund_times(db, &refunds, now.plus(task.refund))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Ends the status queries of those closed payments that expired at their platform before `before`. The platform has not
/// answered since.
fn unwatch(db: &mut Db, ids: &[PayId], before: Timestamp) -> db::Result<()> {
    let rows = row::read(db, ids)?;
    let is_over = |row: &&PaymentRow| !row.is_open() && row.expire_time.unwrap_or(row.add_time) < before;
    let over: Vec<PayId> = rows.values().filter(is_over).map(|row| row.pay_id).collect();
    if !over.is_empty() {
        tracing::warn!(
            payments = over.len(),
            "platforms have not answered since closed payments expired there, and are not asked for them any more: \
             check their statements with tradepost reconcile"
        );
    }
    sync::unschedule(db, &over)
}

fn set_sync_times(db: &mut Db, ids: &[PayId], at: Timestamp) -> db::Result<()> {
    if !ids.is_empty() {
        let rows = pay_ask::table.filter(any_of(pay_ask::pay_id, ids));
        with_conn!(db, diesel::update(rows).set(pay_ask::ask_time.eq(at)).execute(db))?;
    }
    Ok(())
}

fn set_refund_times(db: &mut Db, ids: &[RefundId], at: Timestamp) -> db::Result<()> {
    if !ids.is_empty() {
        let rows = pay_refund::table.filter(any_of(pay_refund::refund_id, ids));
        with_conn!(db, diesel::update(rows).set(pay_refund::due_time.eq(at)).execute(db))?;
    }
    Ok(())
}
