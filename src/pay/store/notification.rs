//! ListParkedNotifications of platforms: judged by our row alone, stored, and acted on in one transaction.

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
use crate::gateway::Event;
use crate::messaging::contract::PAYMENT_PAID;
use crate::messaging::contract::Paid;
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::error::Rejected;
use crate::pay::message::{Close, EndRefund, Notify};

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

/// Judges and stores notices in arrival order; "paid" and its messages are one transaction.
impl Task<Pay> for Notify {
    type Outcome = Result<(), Rejected>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), Rejected>>> {
        let now = owner.context.clock.now();
        let named: Vec<Option<PayId>> = batch.iter().map(|task| task.notice.out_trade_no.parse().ok()).collect();
        let mut rows = row::lock(db, &named.iter().flatten().copied().collect::<Vec<_>>())?;
        let refunds = refunds_named_in(db, batch, &named)?;
        let (mut paid, mut charged, mut closed, mut refunded) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(batch.len());
        for (task, pay_id) in batch.iter().zip(&named) {
            let mut row = pay_id.and_then(|id| rows.get_mut(&id));
            let effect = judge(row.as_deref(), &refunds, task.provider.as_str(), &task.notice);
            outcomes.push(effect.as_ref().map(drop).map_err(|rejected| *rejected));
            match (effect, row.as_mut()) {
                (Ok(Effect::Pay), Some(row)) => {
                    let trade_no = &task.notice.trade_no;
                    (row.is_paid, row.trade_no, row.pay_time) = (IsPaid::Yes, Some(trade_no.clone()), Some(now));
                    charged.push(Charged { id: row.pay_id.get(), trade: trade_no, at: now.0 });
                    let body = Paid {
                        pay_id: row.pay_id,
                        order_id: row.order_id,
                        user_id: row.user_id,
                        pay_amount: row.pay_amount,
                    };
                    paid.push((row.pay_id, body));
                }
                (Ok(Effect::Close), Some(row)) => {
                    row.close_time = Some(now);
                    closed.push(row.pay_id);
                }
                (Ok(Effect::EndRefunds(ids)), _) => {
                    refunded.extend(ids.into_iter().map(|refund_id| EndRefund { refund_id, outcome: Ok(()) }));
                }
                (Ok(Effect::ParkRefund(refund_id, why)), _) => {
                    refunded.push(EndRefund { refund_id, outcome: Err(why) });
                }
                _ => {}
            }
        }
        db::expect_rows(SET_PAID.run(db, &charged)?, charged.len())?;
        set_closed(db, &closed, now)?;
        closed.extend(paid.iter().map(|(pay_id, _)| *pay_id));
        forget_open(db, &closed)?;
        refund::end(owner, &refunded, db)?;
        record(db, batch, &named, &outcomes, now)?;
        outbox::write(db, &owner.context, PAYMENT_PAID, std::time::Duration::ZERO, &paid)?;
        Ok(outcomes)
    }
}

/// The refunds of the payments whose refunds are told of.
fn refunds_named_in(db: &mut Db, batch: &[Notify], named: &[Option<PayId>]) -> db::Result<Vec<RefundRow>> {
    let tells = |task: &Notify| !matches!(task.notice.event, Event::Paid | Event::Closed);
    let of = |(task, pay_id): (&Notify, &Option<PayId>)| pay_id.filter(|_| tells(task));
    refund::of_payments(db, &batch.iter().zip(named).filter_map(of).collect::<Vec<_>>())
}

/// Closes payments that are still open.
impl Task<Pay> for Close {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let rows = row::lock(db, &batch.iter().map(|task| task.pay_id).collect::<Vec<_>>())?;
        let open: Vec<PayId> = rows.values().filter(|row| row.is_open()).map(|row| row.pay_id).collect();
        set_closed(db, &open, owner.context.clock.now())?;
        forget_open(db, &open)?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// A payment that is paid, and the platform's number for it.
#[derive(Serialize)]
struct Charged<'a> {
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

fn set_closed(db: &mut Db, ids: &[PayId], now: Timestamp) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let unpaid = pay::table.filter(any_of(pay::pay_id, ids).and(pay::is_paid.eq(IsPaid::No)));
        let closed = pay::close_time.eq(Some(now));
        db::expect_rows(with_conn!(db, diesel::update(unpaid).set(closed).execute(db))?, ids.len())?;
    }
    Ok(())
}

/// These payments are open no more.
fn forget_open(db: &mut Db, ids: &[PayId]) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        with_conn!(db, diesel::delete(pay_open::table.filter(any_of(pay_open::pay_id, ids))).execute(db))?;
        with_conn!(db, diesel::delete(pay_ask::table.filter(any_of(pay_ask::pay_id, ids))).execute(db))?;
    }
    Ok(())
}

/// Keeps each notice once, with its last verdict and how often it came: one rejected too early may come again.
fn record(
    db: &mut Db,
    batch: &[Notify],
    named: &[Option<PayId>],
    outcomes: &[Result<(), Rejected>],
    now: Timestamp,
) -> db::Result<()> {
    let events: Vec<(&str, &str)> =
        batch.iter().map(|task| (task.provider.as_str(), task.notice.event_id.as_str())).collect();
    let known: Vec<NotificationRow> = db::load_by_pairs(&events, |events| {
        with_conn!(
            db,
            pay_notice::table.filter(any_of_pairs((pay_notice::provider, pay_notice::event_id), events)).load(db)
        )
    })?;
    let mut notices: HashMap<(String, String), (NotificationRow, bool)> =
        known.into_iter().map(|row| ((row.provider.clone(), row.event_id.clone()), (row, false))).collect();
    for ((task, pay_id), outcome) in batch.iter().zip(named).zip(outcomes) {
        let key = (task.provider.to_string(), task.notice.event_id.clone());
        let (row, _) = notices.entry(key.clone()).or_insert_with(|| {
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
            // The first copy may have named another payment.
            row.pay_id = *pay_id;
            row.verdict = if outcome.is_ok() { Verdict::Accepted } else { Verdict::Rejected };
            row.reason = outcome.err().map(|rejected| rejected.to_string());
        }
    }
    let (new, again): (Vec<_>, Vec<_>) = notices.into_values().partition(|(_, is_new)| *is_new);
    for (row, _) in again {
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
