//! Refunds: written before their platform is called, and retried until its answer is final.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::row::{self, PaymentRow};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{pay, pay_refund};
use crate::db::{self, Db, any_of, for_update, insert_all, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::status::{IsPaid, RefundState};
use crate::gateway;
use crate::messaging::contract::RefundRequested;
use crate::messaging::inbox::bodies;
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::message::{ClaimDueRefunds, DueRefund, EndRefund};

/// A row of `pay_refund`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = pay_refund, treat_none_as_default_value = false)]
pub struct RefundRow {
    pub refund_id: RefundId,
    pub pay_id: PayId,
    pub order_id: OrderId,
    pub amount: Money,
    pub reason: String,
    pub status: RefundState,
    pub attempts: i32,
    pub due_time: Timestamp,
    pub create_time: Timestamp,
    pub done_time: Option<Timestamp>,
    pub remark: Option<String>,
}

impl RefundRow {
    /// Whether the refund was refused, by its platform or because it exceeds the payment.
    pub const fn is_parked(&self) -> bool {
        matches!(self.status, RefundState::Parked)
    }
}

/// Locks refunds by their ids until the transaction ends.
pub fn lock(db: &mut Db, ids: &[RefundId]) -> db::Result<Vec<RefundRow>> {
    db::load_by(ids, |ids| {
        let refunds = pay_refund::table.filter(any_of(pay_refund::refund_id, ids)).order(pay_refund::refund_id);
        with_conn!(db, for_update(refunds).load(db))
    })
}

/// Reads the refunds of payments.
pub fn of_payments(db: &mut Db, ids: &[PayId]) -> db::Result<Vec<RefundRow>> {
    db::load_by(ids, |ids| with_conn!(db, pay_refund::table.filter(any_of(pay_refund::pay_id, ids)).load(db)))
}

/// Sums the refunds of payments that are done.
pub fn sums_done(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, Money>> {
    let mut sums: HashMap<PayId, Money> = HashMap::new();
    for row in of_payments(db, ids)?.into_iter().filter(|row| row.status == RefundState::Done) {
        let sum = sums.entry(row.pay_id).or_default();
        *sum = sum.checked_add(row.amount).ok_or_else(|| db::Error::bug("the refunds of a payment leave the range"))?;
    }
    Ok(sums)
}

/// Reads the refunds of a payment that are pending or parked.
pub fn not_done(db: &mut Db, pay_id: PayId) -> db::Result<Vec<RefundRow>> {
    Ok(of_payments(db, &[pay_id])?.into_iter().filter(|row| row.status != RefundState::Done).collect())
}

/// Counts the pending and the parked refunds, in this order.
pub fn count(db: &mut Db) -> db::Result<(i64, i64)> {
    let of = |status: RefundState| pay_refund::table.filter(pay_refund::status.eq(status)).count();
    let pending = with_conn!(db, of(RefundState::Pending).get_result(db))?;
    Ok((pending, with_conn!(db, of(RefundState::Parked).get_result(db))?))
}

/// Consumes order/repay: records each refund once.
///
/// The payment is locked before its refunds are read, so that their sum never exceeds the amount that was paid. A
/// refund that would exceed it is parked until an operator handles it.
pub fn record(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let requests: Vec<Result<RefundRequested, String>> = bodies(messages);
    let orders: Vec<OrderId> = requests.iter().flatten().map(|request| request.order_id).collect();
    let payments: Vec<PaymentRow> = db::load_by(&orders, |ids| {
        with_conn!(db, for_update(pay::table.filter(any_of(pay::order_id, ids)).order(pay::pay_id)).load(db))
    })?;
    let mut known = of_payments(db, &payments.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let mut new = Vec::new();
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                outcomes.push(Err(error));
                continue;
            }
        };
        let of_order = |row: &&PaymentRow| row.order_id == request.order_id && row.is_paid == IsPaid::Yes;
        let is_named = |row: &&PaymentRow| request.pay_id.is_none_or(|id| id == row.pay_id);
        let Some(payment) = payments.iter().filter(of_order).find(is_named) else {
            outcomes.push(Err("there is no such paid payment".to_owned()));
            continue;
        };
        outcomes.push(Ok(()));
        if known.iter().any(|row| row.refund_id == request.refund_id) {
            continue;
        }
        let refunded = known.iter().filter(|row| row.pay_id == payment.pay_id && row.status != RefundState::Parked);
        let left = refunded.fold(payment.pay_amount, |left, row| left.checked_sub(row.amount).unwrap_or_default());
        let exceeds = request.amount > left;
        let row = RefundRow {
            refund_id: request.refund_id,
            pay_id: payment.pay_id,
            order_id: request.order_id,
            amount: request.amount,
            reason: request.reason,
            status: if exceeds { RefundState::Parked } else { RefundState::Pending },
            attempts: 0,
            due_time: now,
            create_time: now,
            done_time: None,
            remark: exceeds.then(|| format!("only {left} of the payment is left")),
        };
        known.push(row.clone());
        new.push(row);
    }
    insert_all!(db, pay_refund::table, &new)?;
    Ok(outcomes)
}

/// Parameters of [`SET_NEXT_ATTEMPT`] for one refund.
#[derive(Serialize)]
struct NextAttempt {
    id: i64,
    next: i64,
}

const SET_NEXT_ATTEMPT: Update = Update {
    table: "pay_refund",
    given: &[("id", Kind::Integer), ("next", Kind::Integer)],
    only: "refund_id = given.id",
    set: "due_time = given.next, attempts = attempts + 1",
};

/// Claims the refunds that are due, counts the attempt and schedules the one after it.
impl Task<Pay> for ClaimDueRefunds {
    type Outcome = Vec<DueRefund>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<DueRefund>>> {
        let now = owner.context.clock.now();
        let claim = |task: &Self| {
            let due = pay_refund::table
                .filter(pay_refund::status.eq(RefundState::Pending).and(pay_refund::due_time.le(now)))
                .order((pay_refund::due_time, pay_refund::refund_id))
                .limit(task.limit);
            let mut rows: Vec<RefundRow> = with_conn!(db, skip_locked(due).load(db))?;
            let mut next = Vec::with_capacity(rows.len());
            for row in &mut rows {
                row.attempts = row.attempts.saturating_add(1);
                let delay = task.backoff.delay(u32::try_from(row.attempts).unwrap_or(1));
                next.push(NextAttempt { id: row.refund_id.get(), next: now.plus(delay).0 });
            }
            db::expect_rows(SET_NEXT_ATTEMPT.run(db, &next)?, next.len())?;
            into_due_refunds(db, rows)
        };
        batch.iter().map(claim).collect()
    }
}

/// Adds the data that a platform needs to refunds. The amount of the payment is read from its row.
pub fn into_due_refunds(db: &mut Db, rows: Vec<RefundRow>) -> db::Result<Vec<DueRefund>> {
    let payments = row::read(db, &rows.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let due = |row: RefundRow| {
        let payment = payments.get(&row.pay_id)?;
        let refund = gateway::Refund {
            refund_id: row.refund_id,
            pay_id: row.pay_id,
            amount: row.amount,
            paid: payment.pay_amount,
            reason: row.reason,
        };
        Some(DueRefund { refund, provider: payment.provider.clone(), attempt: row.attempts })
    };
    Ok(rows.into_iter().filter_map(due).collect())
}

/// Parameters of [`SET_OUTCOME`] for one refund.
#[derive(Serialize)]
struct RefundOutcome<'a> {
    id: i64,
    verdict: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// Records the outcome of refunds. A refund that is done never changes; a parked refund may still become done.
const SET_OUTCOME: Update = Update {
    table: "pay_refund",
    given: &[("id", Kind::Integer), ("verdict", Kind::Integer), ("at", Kind::Integer), ("why", Kind::Text)],
    only: "refund_id = given.id AND status <> 1",
    set: "status = given.verdict, done_time = given.at, remark = given.why",
};

impl Task<Pay> for EndRefund {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        end(owner, batch, db)
    }
}

/// Records the outcomes of refunds. Refunds that are unknown or done already are skipped.
pub fn end(owner: &Pay, batch: &[EndRefund], db: &mut Db) -> db::Result<Vec<()>> {
    let now = owner.context.clock.now();
    let known = lock(db, &batch.iter().map(|task| task.refund_id).collect::<Vec<_>>())?;
    let mut outcomes: HashMap<RefundId, RefundOutcome<'_>> = HashMap::new();
    for task in batch {
        if !known.iter().any(|row| row.refund_id == task.refund_id && row.status != RefundState::Done) {
            continue;
        }
        let id = task.refund_id.get();
        let outcome = match &task.outcome {
            Ok(()) => RefundOutcome { id, verdict: RefundState::Done.number(), at: Some(now.0), why: None },
            Err(why) => RefundOutcome { id, verdict: RefundState::Parked.number(), at: None, why: Some(why) },
        };
        // The rule of `SET_OUTCOME` holds within a batch too: a refund that is done never changes.
        if outcomes.get(&task.refund_id).is_none_or(|known| known.verdict != RefundState::Done.number()) {
            outcomes.insert(task.refund_id, outcome);
        }
    }
    let outcomes: Vec<RefundOutcome<'_>> = outcomes.into_values().collect();
    db::expect_rows(SET_OUTCOME.run(db, &outcomes)?, outcomes.len())?;
    Ok(batch.iter().map(|_| ()).collect())
}
