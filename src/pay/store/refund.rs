//! Refunds: written before their platform is called, and retried until its answer is final.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::parked;
use super::refund_batch::RefundBatch;
use super::refund_row::{NEUTRAL, RefundRow};
use super::row::{self, PaymentRow};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::pay_refund;
use crate::db::{self, Db, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::status::{IsPaid, RefundState};
use crate::gateway;
use crate::messaging::contract::RefundRequested;
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::message::{ClaimDueRefunds, DueRefund, EndRefund};

/// Consumes order/repay: records each refund once.
///
/// The payment is locked before its refunds are read, so that their sum never exceeds the amount that was paid. A
/// refund that would exceed it is parked until an operator handles it.
pub fn record(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let requests: Vec<Result<RefundRequested, String>> = parse_bodies(messages);
    let orders: Vec<OrderId> = requests.iter().flatten().map(|request| request.order_id).collect();
    let payments = row::lock_of_orders(db, &orders)?;
    let payments: HashMap<PayId, PaymentRow> = payments.into_iter().map(|row| (row.pay_id, row)).collect();
    let pay_ids: Vec<PayId> = payments.keys().copied().collect();
    let mut refunds = RefundBatch::lock(owner, &payments, &pay_ids, db)?;
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
        let Some(payment) = payments.values().filter(of_order).find(is_named) else {
            outcomes.push(Err("there is no such paid payment".to_owned()));
            continue;
        };
        outcomes.push(Ok(()));
        if refunds.rows().iter().any(|row| row.refund_id == request.refund_id) {
            continue;
        }
        let refunded = refunds.rows().iter().filter(|row| row.pay_id == payment.pay_id && row.counts());
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
            provider: payment.provider.clone(),
            foreign_no: None,
            unnamed: Money::ZERO,
            revision: i32::from(exceeds),
            dismiss_time: None,
            parked_id: None,
            message: Some(request.message.unwrap_or_else(|| NEUTRAL.to_owned())),
        };
        refunds.add(row);
    }
    refunds.write(owner, db)?;
    Ok(outcomes)
}

/// Parameters of [`SetNextAttempt`] for one refund.
#[derive(Serialize)]
struct NextAttempt {
    id: i64,
    next: i64,
}

struct SetNextAttempt;

impl Change for SetNextAttempt {
    const UPDATE: Update = Update {
        table: "pay_refund",
        given: &[("id", Kind::Integer), ("next", Kind::Integer)],
        condition: "refund_id = given.id",
        set: "due_time = given.next, attempts = attempts + 1",
    };
}

/// Claims the refunds of a platform that are due, counts the attempt and schedules the one after it.
impl Task<Pay> for ClaimDueRefunds {
    type Outcome = Vec<DueRefund>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<DueRefund>>> {
        let now = owner.context.clock.now();
        let claim = |task: &Self| {
            let is_due = pay_refund::status.eq(RefundState::Pending).and(pay_refund::due_time.le(now));
            let due = pay_refund::table
                .filter(pay_refund::provider.eq(task.provider.as_str()).and(is_due))
                .order((pay_refund::due_time, pay_refund::refund_id))
                .limit(task.limit);
            let mut rows: Vec<RefundRow> = with_conn!(db, skip_locked(due).load(db))?;
            let mut next = Vec::with_capacity(rows.len());
            for row in &mut rows {
                row.attempts = row.attempts.saturating_add(1);
                let delay = task.backoff.delay(u32::try_from(row.attempts).unwrap_or(1));
                next.push(NextAttempt { id: row.refund_id.get(), next: now.plus(delay).0 });
            }
            db::expect_rows(change::<SetNextAttempt, _>(db, &next)?, next.len())?;
            into_due_refunds(db, rows)
        };
        batch.iter().map(claim).collect()
    }
}

/// Counts the pending refunds that are further ahead than `horizon`.
pub fn count_ahead(db: &mut Db, horizon: Horizon, now: Timestamp) -> db::Result<i64> {
    let pending = pay_refund::table.filter(pay_refund::status.eq(RefundState::Pending));
    let ahead = pending.filter(pay_refund::due_time.gt(horizon.latest(now)));
    Ok(with_conn!(db, ahead.count().get_result(db))?)
}

/// Adds the data that a platform needs to refunds. The amount of the payment is read from its row.
pub fn into_due_refunds(db: &mut Db, rows: Vec<RefundRow>) -> db::Result<Vec<DueRefund>> {
    let payments = row::read(db, &rows.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let charges = parked::by_ids(db, &rows.iter().filter_map(|row| row.parked_id).collect::<Vec<_>>())?;
    let due = |row: RefundRow| {
        let charge = row.parked_id.and_then(|id| charges.get(&id));
        let payment = payments.get(&row.pay_id);
        let paid = payment.map(|payment| payment.charged.unwrap_or(payment.pay_amount));
        let paid = charge.map(|charge| charge.amount).or(paid)?;
        let is_parked = row.is_parked();
        let is_decided = row.status == RefundState::Pending && row.remark.is_some();
        let refund = gateway::Refund {
            refund_id: row.refund_id,
            pay_id: row.pay_id,
            amount: row.amount,
            paid,
            // A refund of an earlier release may have been sent already. It is sent again as it was.
            reason: row.message.unwrap_or(row.reason),
        };
        Some(DueRefund {
            order_id: row.order_id,
            refund,
            provider: row.provider,
            attempt: row.attempts,
            is_parked,
            is_decided,
        })
    };
    Ok(rows.into_iter().filter_map(due).collect())
}

impl Task<Pay> for EndRefund {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let pay_ids = payments_of(db, &batch.iter().map(|task| task.refund_id).collect::<Vec<_>>())?;
        let payments = row::lock(db, &pay_ids)?;
        let mut refunds = RefundBatch::lock(owner, &payments, &pay_ids, db)?;
        for task in batch {
            match &task.outcome {
                Ok(()) => refunds.finish(task.refund_id),
                Err(why) => refunds.park(task.refund_id, why),
            }
        }
        refunds.write(owner, db)?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// The payments of refunds. Payments are always locked before their refunds.
fn payments_of(db: &mut Db, refunds: &[RefundId]) -> db::Result<Vec<PayId>> {
    db::load_by(refunds, |ids| {
        let rows = pay_refund::table.filter(any_of(pay_refund::refund_id, ids));
        with_conn!(db, rows.select(pay_refund::pay_id).load(db))
    })
}
