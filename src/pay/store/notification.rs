//! Notifications of platforms: judged by the stored payment, stored and applied in one transaction.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::judge::{Effect, judge};
use super::refund::{self, RefundRow};
use super::row;
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{pay, pay_ask, pay_notice, pay_open};
use crate::db::{self, Db, any_of, any_of_pairs, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::PayId;
use crate::domain::status::{IsPaid, Verdict};
use crate::gateway;
use crate::messaging::contract::PAYMENT_PAID;
use crate::messaging::contract::Paid;
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::error::Rejected;
use crate::pay::message::{self, EndRefund, Notify};

/// A row of `pay_notice`.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = pay_notice, treat_none_as_default_value = false)]
struct NotificationRow {
    provider: String,
    event_id: String,
    pay_id: Option<PayId>,
    body: String,
    verdict: Verdict,
    reason: Option<String>,
    times: i32,
    create_time: Timestamp,
}

/// Judges and stores notifications in arrival order, and applies their effects.
impl Task<Pay> for Notify {
    type Outcome = Result<(), Rejected>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), Rejected>>> {
        let now = owner.context.clock.now();
        let pay_ids: Vec<Option<PayId>> =
            batch.iter().map(|task| task.notification.out_trade_no.parse().ok()).collect();
        let mut rows = row::lock(db, &pay_ids.iter().flatten().copied().collect::<Vec<_>>())?;
        let refunds = refunds_of_batch(db, batch, &pay_ids)?;
        let (mut messages, mut paid, mut closed, mut refund_outcomes) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(batch.len());
        for (task, pay_id) in batch.iter().zip(&pay_ids) {
            let mut row = pay_id.and_then(|id| rows.get_mut(&id));
            let effect = judge(row.as_deref(), &refunds, task.provider.as_str(), &task.notification);
            outcomes.push(effect.as_ref().map(drop).map_err(|rejected| *rejected));
            match (effect, row.as_mut()) {
                (Ok(Effect::Pay), Some(row)) => {
                    let trade_no = &task.notification.trade_no;
                    (row.is_paid, row.trade_no, row.pay_time) = (IsPaid::Yes, Some(trade_no.clone()), Some(now));
                    paid.push(PaidPayment { id: row.pay_id.get(), trade: trade_no, at: now.0 });
                    let body = Paid {
                        pay_id: row.pay_id,
                        order_id: row.order_id,
                        user_id: row.user_id,
                        pay_amount: row.pay_amount,
                    };
                    messages.push((row.pay_id, body));
                }
                (Ok(Effect::Close), Some(row)) => {
                    row.close_time = Some(now);
                    closed.push(row.pay_id);
                }
                (Ok(Effect::EndRefunds(ids)), _) => {
                    refund_outcomes.extend(ids.into_iter().map(|refund_id| EndRefund { refund_id, outcome: Ok(()) }));
                }
                (Ok(Effect::ParkRefund(refund_id, reason)), _) => {
                    refund_outcomes.push(EndRefund { refund_id, outcome: Err(reason) });
                }
                _ => {}
            }
        }
        db::expect_rows(SET_PAID.run(db, &paid)?, paid.len())?;
        set_closed(db, &closed, now)?;
        closed.extend(messages.iter().map(|(pay_id, _)| *pay_id));
        delete_open(db, &closed)?;
        refund::end(owner, &refund_outcomes, db)?;
        record(db, batch, &pay_ids, &outcomes, now)?;
        outbox::write(db, &owner.context, PAYMENT_PAID, std::time::Duration::ZERO, &messages)?;
        Ok(outcomes)
    }
}

/// Reads the refunds of the payments that have a notification about a refund in this batch.
fn refunds_of_batch(db: &mut Db, batch: &[Notify], pay_ids: &[Option<PayId>]) -> db::Result<Vec<RefundRow>> {
    let is_refund = |task: &Notify| !matches!(task.notification.event, gateway::Event::Paid | gateway::Event::Closed);
    let payment = |(task, pay_id): (&Notify, &Option<PayId>)| pay_id.filter(|_| is_refund(task));
    refund::of_payments(db, &batch.iter().zip(pay_ids).filter_map(payment).collect::<Vec<_>>())
}

/// Closes payments that are still open.
impl Task<Pay> for message::Close {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let rows = row::lock(db, &batch.iter().map(|task| task.pay_id).collect::<Vec<_>>())?;
        let open: Vec<PayId> = rows.values().filter(|row| row.is_open()).map(|row| row.pay_id).collect();
        set_closed(db, &open, owner.context.clock.now())?;
        delete_open(db, &open)?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Parameters of [`SET_PAID`] for one payment. `trade` is the platform's number of it.
#[derive(Serialize)]
struct PaidPayment<'a> {
    id: i64,
    trade: &'a str,
    at: i64,
}

const SET_PAID: Update = Update {
    table: "pay",
    given: &[("id", Kind::Integer), ("trade", Kind::Text), ("at", Kind::Integer)],
    only: "pay_id = given.id AND is_paid = 1",
    set: "is_paid = 2, trade_no = given.trade, pay_time = given.at",
};

/// Closes unpaid payments.
///
/// # Errors
/// A conflict if one of them is paid.
fn set_closed(db: &mut Db, ids: &[PayId], now: Timestamp) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let unpaid = pay::table.filter(any_of(pay::pay_id, ids).and(pay::is_paid.eq(IsPaid::No)));
        let closed = pay::close_time.eq(Some(now));
        db::expect_rows(with_conn!(db, diesel::update(unpaid).set(closed).execute(db))?, ids.len())?;
    }
    Ok(())
}

/// Removes payments from the open ones, together with their scheduled status queries.
fn delete_open(db: &mut Db, ids: &[PayId]) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        with_conn!(db, diesel::delete(pay_open::table.filter(any_of(pay_open::pay_id, ids))).execute(db))?;
        with_conn!(db, diesel::delete(pay_ask::table.filter(any_of(pay_ask::pay_id, ids))).execute(db))?;
    }
    Ok(())
}

/// Stores each notification once, with its last verdict and the number of its deliveries. A rejected notification may
/// be accepted when it is delivered again, for example if it has arrived before its payment.
fn record(
    db: &mut Db,
    batch: &[Notify],
    pay_ids: &[Option<PayId>],
    outcomes: &[Result<(), Rejected>],
    now: Timestamp,
) -> db::Result<()> {
    let events: Vec<(&str, &str)> =
        batch.iter().map(|task| (task.provider.as_str(), task.notification.event_id.as_str())).collect();
    let known: Vec<NotificationRow> = db::load_by_pairs(&events, |events| {
        with_conn!(
            db,
            pay_notice::table.filter(any_of_pairs((pay_notice::provider, pay_notice::event_id), events)).load(db)
        )
    })?;
    let mut rows: HashMap<(String, String), (NotificationRow, bool)> =
        known.into_iter().map(|row| ((row.provider.clone(), row.event_id.clone()), (row, false))).collect();
    for ((task, pay_id), outcome) in batch.iter().zip(pay_ids).zip(outcomes) {
        let key = (task.provider.to_string(), task.notification.event_id.clone());
        let (row, _) = rows.entry(key.clone()).or_insert_with(|| {
            let (provider, event_id) = key;
            let row = NotificationRow {
                provider,
                event_id,
                pay_id: *pay_id,
                body: String::new(),
                verdict: Verdict::Rejected,
                reason: None,
                times: 0,
                create_time: now,
            };
            (row, true)
        });
        row.times = row.times.saturating_add(1);
        if row.verdict != Verdict::Accepted {
            row.body.clone_from(&task.body);
            // An earlier delivery may have named another payment.
            row.pay_id = *pay_id;
            row.verdict = if outcome.is_ok() { Verdict::Accepted } else { Verdict::Rejected };
            row.reason = outcome.err().map(|rejected| rejected.to_string());
        }
    }
    let (new, repeated): (Vec<_>, Vec<_>) = rows.into_values().partition(|(_, is_new)| *is_new);
    for (row, _) in repeated {
        let stored = pay_notice::table.find((&row.provider, &row.event_id));
        with_conn!(
            db,
            diesel::update(stored)
                .set((
                    pay_notice::times.eq(row.times),
                    pay_notice::verdict.eq(row.verdict),
                    pay_notice::reason.eq(&row.reason),
                    pay_notice::body.eq(&row.body),
                    pay_notice::pay_id.eq(row.pay_id),
                ))
                .execute(db)
        )?;
    }
    let new: Vec<NotificationRow> = new.into_iter().map(|(row, _)| row).collect();
    insert_all!(db, pay_notice::table, &new)
}
