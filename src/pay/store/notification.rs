//! Notifications of platforms: judged by the stored payment, stored and applied in one transaction.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use diesel::prelude::*;
use serde::Serialize;

use super::judge::{Effect, judge};
use super::parked::KnownCharges;
use super::refund_batch::RefundBatch;
use super::row::{self, PaymentRow};
use super::{ended, paid_log, sync};
use crate::actor::{Access, Priority, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{pay, pay_notice, pay_open};
use crate::db::{self, Db, any_of, any_of_pairs, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::domain::occurrence::Occurrence;
use crate::domain::status::{IsPaid, Verdict};
use crate::gateway::{self, Notification};
use crate::messaging::contract::PAYMENT_PAID;
use crate::messaging::contract::Paid;
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::error::Rejected;
use crate::pay::message::{self, Notified, Notify};

/// A row of `pay_notice`.
#[derive(Clone, Queryable, Selectable, Insertable)]
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
    /// A hash of what the notification says; `None` in rows of earlier releases.
    content: Option<String>,
}

impl Entry for NotificationRow {
    const LEDGER: &'static str = "pay_notice";

    fn write(&self, line: &mut Line<'_>) {
        line.optional(self.pay_id.map(PayId::get)).text(&self.provider).text(&self.event_id).text(&self.body);
        line.integer(self.create_time.0);
    }
}

/// Judges and stores notifications in arrival order, and applies their effects.
impl Task<Pay> for Notify {
    type Outcome = Notified;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Notified>> {
        let now = owner.context.clock.now();
        let pay_ids: Vec<Option<PayId>> =
            batch.iter().map(|task| task.notification.out_trade_no.parse().ok()).collect();
        let mut rows = lock_payments(db, batch, &pay_ids)?;
        let about_refunds = payments_with_refund_notices(batch, &pay_ids, &rows);
        let about_refunds_ids: Vec<PayId> = about_refunds.keys().copied().collect();
        let mut refunds = RefundBatch::lock(owner, &about_refunds, &about_refunds_ids, db)?;
        let mut trades = paid_by_trades(db, batch)?;
        let charges = KnownCharges::lock(db, batch)?;
        let (mut messages, mut paid, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(batch.len());
        for (task, pay_id) in batch.iter().zip(&pay_ids) {
            let mut row = pay_id.and_then(|id| rows.get_mut(&id));
            let effect = judge(row.as_deref(), refunds.rows(), task.provider.as_str(), &task.notification);
            let trade = (task.provider.to_string(), task.notification.trade_no.clone());
            let effect = match (effect, trades.get(&trade)) {
                (Ok(Effect::Pay), Some(other)) if Some(*other) != *pay_id => Err(Rejected::TradeOfAnother),
                (Ok(Effect::Pay), _) if charges.is_given_back(task) => Err(Rejected::GivenBack),
                (effect, _) => effect,
            };
            outcomes.push(effect.as_ref().map(drop).map_err(|rejected| *rejected));
            match (effect, row.as_mut()) {
                (Ok(Effect::Pay), Some(row)) => {
                    let trade_no = &task.notification.trade_no;
                    let at = now.max(row.add_time);
                    (row.is_paid, row.trade_no, row.pay_time) = (IsPaid::Yes, Some(trade_no.clone()), Some(at));
                    paid.push(PaidPayment { id: row.pay_id.get(), trade: trade_no, at: at.0 });
                    trades.insert(trade, row.pay_id);
                    let body = Paid {
                        pay_id: row.pay_id,
                        order_id: row.order_id,
                        user_id: row.user_id,
                        pay_amount: row.pay_amount,
                    };
                    messages.push((row.pay_id, body));
                }
                (Ok(Effect::Close), Some(row)) => {
                    row.close_time = Some(now.max(row.add_time));
                    closed.push(ClosedPayment::of(row, now));
                }
                (Ok(Effect::EndRefunds(ids, foreign)), Some(row)) => {
                    ids.into_iter().for_each(|refund_id| refunds.finish(refund_id));
                    foreign.into_iter().for_each(|foreign| refunds.book(owner, row, foreign));
                }
                (Ok(Effect::NameRefund(refund_id, number)), _) => {
                    refunds.name(refund_id, &number, task.notification.amount);
                }
                (Ok(Effect::ParkRefund(refund_id, reason)), _) => refunds.park(refund_id, &reason),
                _ => {}
            }
        }
        // A payment that is declined and then paid within this batch is closed first and then paid, as in two batches.
        db::expect_rows(change::<SetClosed, _>(db, &closed)?, closed.len())?;
        ledger::record(db, &paid);
        db::expect_rows(change::<SetPaid, _>(db, &paid)?, paid.len())?;
        let paid: Vec<(PayId, OrderId)> = messages.iter().map(|(pay_id, body)| (*pay_id, body.order_id)).collect();
        sync::hasten_others(db, &paid, now)?;
        let paid: Vec<PayId> = paid.into_iter().map(|(pay_id, _)| pay_id).collect();
        let closed: Vec<PayId> = closed.iter().map(|closed| PayId::new(closed.id)).collect();
        delete_open(db, &closed.iter().chain(&paid).copied().collect::<Vec<_>>())?;
        ended::report(owner, db, &of_orders(&rows, &closed))?;
        count_all(db, &rows, &paid, Occurrence::PaymentPaid);
        count_all(db, &rows, &closed, Occurrence::PaymentClosed);
        count_verdicts(db, batch, &outcomes);
        sync::unschedule(db, &paid)?;
        refunds.write(owner, db)?;
        record(db, batch, &pay_ids, &outcomes, now)?;
        charges.keep(owner, db, batch, &pay_ids, &outcomes, &trades)?;
        paid_log::write(db, messages.iter().map(|(_, paid)| paid), now)?;
        outbox::write(db, &owner.context, PAYMENT_PAID, std::time::Duration::ZERO, &messages)?;
        let order_of = |pay_id: &Option<PayId>| pay_id.and_then(|pay_id| rows.get(&pay_id)).map(|row| row.order_id);
        let orders = pay_ids.iter().map(order_of);
        Ok(orders.zip(outcomes).map(|(order_id, verdict)| Notified { order_id, verdict }).collect())
    }

    fn order_of(notified: &Notified) -> Option<OrderId> {
        notified.order_id
    }
}

/// Locks the payments of a batch.
fn lock_payments(db: &mut Db, batch: &[Notify], pay_ids: &[Option<PayId>]) -> db::Result<HashMap<PayId, PaymentRow>> {
    let ids: Vec<PayId> = pay_ids.iter().flatten().copied().collect();
    let closes = batch.iter().any(|task| matches!(task.notification.event, gateway::Event::Closed));
    let ids = if closes { ended::with_siblings(db, &ids)? } else { ids };
    row::lock(db, &ids)
}

/// The payments with these ids and their orders.
fn of_orders(rows: &HashMap<PayId, PaymentRow>, ids: &[PayId]) -> Vec<(PayId, OrderId)> {
    ids.iter().filter_map(|pay_id| Some((*pay_id, rows.get(pay_id)?.order_id))).collect()
}

/// Reads which payments the trades of this batch have paid before. A trade is identified by platform and number, and
/// pays one payment.
fn paid_by_trades(db: &mut Db, batch: &[Notify]) -> db::Result<HashMap<(String, String), PayId>> {
    let is_paid = |task: &&Notify| matches!(task.notification.event, gateway::Event::Paid);
    let trade = |task: &Notify| (task.provider.to_string(), task.notification.trade_no.clone());
    let trades: Vec<(String, String)> = batch.iter().filter(is_paid).map(trade).collect();
    let columns = (pay::provider, pay::trade_no, pay::pay_id);
    let rows: Vec<(String, Option<String>, PayId)> = db::load_by_pairs(db, &trades, |db, trades| {
        if let [(provider, trade_no)] = trades {
            // diesel writes the text of this statement once, and that of a list each time.
            let is_trade = pay::provider.eq(provider).and(pay::trade_no.eq(trade_no));
            return with_conn!(db, pay::table.filter(is_trade).select(columns).load(db));
        }
        let known = pay::table.filter(any_of_pairs((pay::provider, pay::trade_no), trades));
        with_conn!(db, known.select(columns).load(db))
    })?;
    Ok(rows.into_iter().filter_map(|(provider, trade_no, pay_id)| Some(((provider, trade_no?), pay_id))).collect())
}

/// The payments that have a notification about a refund in this batch.
fn payments_with_refund_notices(
    batch: &[Notify],
    pay_ids: &[Option<PayId>],
    rows: &HashMap<PayId, PaymentRow>,
) -> HashMap<PayId, PaymentRow> {
    let is_refund = |task: &Notify| !matches!(task.notification.event, gateway::Event::Paid | gateway::Event::Closed);
    let ids = batch.iter().zip(pay_ids).filter(|(task, _)| is_refund(task)).filter_map(|(_, pay_id)| *pay_id);
    ids.filter_map(|pay_id| Some((pay_id, rows.get(&pay_id)?.clone()))).collect()
}

/// Closes payments that are still open.
impl Task<Pay> for message::Close {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let ids: Vec<PayId> = batch.iter().map(|task| task.pay_id).collect();
        let locked = ended::with_siblings(db, &ids)?;
        let rows = row::lock(db, &locked)?;
        let now = owner.context.clock.now();
        let open: Vec<&PaymentRow> = rows.values().filter(|row| row.is_open() && ids.contains(&row.pay_id)).collect();
        let closed: Vec<ClosedPayment> = open.iter().map(|row| ClosedPayment::of(row, now)).collect();
        db::expect_rows(change::<SetClosed, _>(db, &closed)?, closed.len())?;
        let open: Vec<PayId> = open.iter().map(|row| row.pay_id).collect();
        delete_open(db, &open)?;
        ended::report(owner, db, &of_orders(&rows, &open))?;
        count_all(db, &rows, &open, Occurrence::PaymentClosed);
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Counts `what` for each of the payments `ids`.
fn count_all(db: &mut Db, rows: &HashMap<PayId, PaymentRow>, ids: &[PayId], what: Occurrence) {
    ids.iter().filter_map(|id| rows.get(id)).for_each(|row| db.count(what, &row.provider));
}

/// Counts the verdicts on the notifications of a batch.
fn count_verdicts(db: &mut Db, batch: &[Notify], outcomes: &[Result<(), Rejected>]) {
    for (task, outcome) in batch.iter().zip(outcomes) {
        let verdict = if outcome.is_ok() { Occurrence::NoticeAccepted } else { Occurrence::NoticeRejected };
        db.count(verdict, task.provider.as_str());
    }
}

/// Parameters of [`SetPaid`] for one payment. `trade` is the platform's number of it.
#[derive(Serialize)]
struct PaidPayment<'a> {
    id: i64,
    trade: &'a str,
    at: i64,
}

impl Entry for PaidPayment<'_> {
    const LEDGER: &'static str = "paid";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.id).text(self.trade).integer(self.at);
    }
}

/// Records in the ledger that a payment is paid by a trade.
pub fn record_paid(db: &mut Db, pay_id: PayId, trade_no: &str, at: Timestamp) {
    ledger::record(db, &[PaidPayment { id: pay_id.get(), trade: trade_no, at: at.0 }]);
}

struct SetPaid;

impl Change for SetPaid {
    const UPDATE: Update = Update {
        table: "pay",
        given: &[("id", Kind::Integer), ("trade", Kind::Text), ("at", Kind::Integer)],
        condition: "pay_id = given.id AND is_paid = 1",
        set: "is_paid = 2, trade_no = given.trade, pay_time = given.at",
    };
}

/// Parameters of [`SetClosed`] for one payment.
#[derive(Serialize)]
struct ClosedPayment {
    id: i64,
    at: i64,
}

impl ClosedPayment {
    /// Closes `row` now, or at the time it was added if the clock has been set back since.
    fn of(row: &PaymentRow, now: Timestamp) -> Self {
        Self { id: row.pay_id.get(), at: now.max(row.add_time).0 }
    }
}

/// Closes unpaid payments.
struct SetClosed;

impl Change for SetClosed {
    const UPDATE: Update = Update {
        table: "pay",
        given: &[("id", Kind::Integer), ("at", Kind::Integer)],
        condition: "pay_id = given.id AND is_paid = 1",
        set: "close_time = given.at",
    };
}

/// Removes payments from the open ones. Those that are closed keep their scheduled status queries.
pub fn delete_open(db: &mut Db, ids: &[PayId]) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        with_conn!(db, diesel::delete(pay_open::table.filter(any_of(pay_open::pay_id, ids))).execute(db))?;
    }
    Ok(())
}

/// Rows of `pay_notice` by platform and id, each with whether it is new.
type Rows = HashMap<(String, String), (NotificationRow, bool)>;

impl NotificationRow {
    /// Whether the id of this row cannot be used for another notification, with this content and about this payment. A
    /// rejected notification may be corrected under its id. Otherwise both are kept, since a platform that uses an id
    /// twice must hide neither.
    fn is_taken(&self, content: &str, pay_id: Option<PayId>) -> bool {
        let is_about_other = self.pay_id != pay_id;
        let differs = self.content.as_deref().map_or(is_about_other, |known| known != content);
        differs && (is_about_other || self.verdict == Verdict::Accepted)
    }
}

/// A hash of what a notification says. Its deliveries may differ in their signatures and times.
fn content(notification: &Notification) -> String {
    let Notification { event_id: _, event, out_trade_no, trade_no, amount, currency, wrong_recipient } = notification;
    let content = format!("{event:?} {out_trade_no} {trade_no} {amount} {currency} {wrong_recipient:?}");
    hex::encode(digest(&SHA256, content.as_bytes()))
}

/// The id for a second content of an event: the beginning of its id, and that of the hash of the content, so that all
/// deliveries of this content have the same.
fn other_id(event_id: &str, content: &str) -> String {
    let beginning = event_id.chars().take(47);
    beginning.chain(['~']).chain(content.chars().take(16)).collect()
}

/// Reads the rows that `batch` may change. An event has an id for a second content only if its own id was used before.
fn known(db: &mut Db, batch: &[Notify], contents: &[String]) -> db::Result<Rows> {
    let event = |task: &'_ Notify| (task.provider.to_string(), task.notification.event_id.clone());
    let events: Vec<(String, String)> = batch.iter().map(event).collect();
    let mut rows = read(db, &events)?;
    let mut used: HashSet<&(String, String)> = rows.keys().collect();
    let used_before = events.iter().zip(contents).filter(|(event, _)| !used.insert(event));
    let others: Vec<(String, String)> =
        used_before.map(|((provider, id), content)| (provider.clone(), other_id(id, content))).collect();
    rows.extend(read(db, &others)?);
    Ok(rows)
}

fn read(db: &mut Db, events: &[(String, String)]) -> db::Result<Rows> {
    let rows: Vec<NotificationRow> = db::load_by_pairs(db, events, |db, events| {
        if let [(provider, event_id)] = events {
            // diesel writes the text of this statement once, and that of a list each time.
            let is_event = pay_notice::provider.eq(provider).and(pay_notice::event_id.eq(event_id));
            return with_conn!(db, pay_notice::table.filter(is_event).select(NotificationRow::as_select()).load(db));
        }
        let notices = pay_notice::table.filter(any_of_pairs((pay_notice::provider, pay_notice::event_id), events));
        with_conn!(db, notices.select(NotificationRow::as_select()).load(db))
    })?;
    Ok(rows.into_iter().map(|row| ((row.provider.clone(), row.event_id.clone()), (row, false))).collect())
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
    let contents: Vec<String> = batch.iter().map(|task| content(&task.notification)).collect();
    let mut rows = known(db, batch, &contents)?;
    for ((task, pay_id), (outcome, content)) in batch.iter().zip(pay_ids).zip(outcomes.iter().zip(&contents)) {
        let mut key = (task.provider.to_string(), task.notification.event_id.clone());
        if rows.get(&key).is_some_and(|(known, _)| known.is_taken(content, *pay_id)) {
            key.1 = other_id(&key.1, content);
        }
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
                content: None,
            };
            (row, true)
        });
        row.times = row.times.saturating_add(1);
        if row.verdict != Verdict::Accepted {
            row.body.clone_from(&task.body);
            // An earlier delivery may have named another payment.
            row.pay_id = *pay_id;
            row.content = Some(content.clone());
            row.verdict = if outcome.is_ok() { Verdict::Accepted } else { Verdict::Rejected };
            if outcome.is_ok() {
                ledger::record(db, std::slice::from_ref(&*row));
            }
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
                    pay_notice::content.eq(&row.content),
                ))
                .execute(db)
        )?;
    }
    let new: Vec<NotificationRow> = new.into_iter().map(|(row, _)| row).collect();
    insert_all!(db, pay_notice::table, &new)
}
