//! Notices of platforms: judged by our row alone, stored, and acted on in one transaction.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Pay;
use super::error::Rejected;
use super::message::{self, Notify, Paid, Status};
use super::row::{PAID, Row, UNPAID};
use super::store;
use crate::db::schema::{pay, pay_notice};
use crate::db::{self, Db};
use crate::domain::clock::Timestamp;
use crate::domain::id::PayId;
use crate::domain::money::CURRENCY;
use crate::gateway::{Event, Notice};
use crate::runtime::outbox;

const ACCEPTED: i32 = 1;
const REJECTED: i32 = 2;

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = pay_notice, treat_none_as_default_value = false)]
struct NoticeRow {
    provider: String,
    event_id: String,
    pay_id: Option<PayId>,
    body: String,
    verdict: i32,
    reason: Option<String>,
    times: i32,
    create_time: Timestamp,
}

/// What an accepted notice changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing: it is known, or older than what is known.
    Nothing,
    /// The payment is paid.
    Pay,
    /// The payment is closed.
    Close,
}

/// Judges a notice by our row alone: what the notice says is only compared.
fn judge(row: Option<&Row>, provider: &str, notice: &Notice) -> Result<Effect, Rejected> {
    let row = row.filter(|row| row.provider == provider).ok_or(Rejected::UnknownPayment)?;
    if !notice.merchant_is_ours {
        return Err(Rejected::Merchant);
    }
    if notice.currency != CURRENCY {
        return Err(Rejected::Currency);
    }
    if notice.amount != row.pay_amount {
        return Err(Rejected::Amount);
    }
    match (notice.event, row.status()) {
        (Event::Paid, Status::Unpaid) => Ok(Effect::Pay),
        (Event::Paid, Status::Paid) if row.trade_no.as_deref() == Some(&notice.trade_no) => Ok(Effect::Nothing),
        (Event::Paid, Status::Paid | Status::Closed) => Err(Rejected::NotOpen),
        (Event::Declined, Status::Unpaid) => Ok(Effect::Close),
        (Event::Declined, Status::Paid | Status::Closed) => Ok(Effect::Nothing),
    }
}

/// Judges and stores notices in arrival order; "paid" and its messages are one transaction.
pub fn notify(owner: &Pay, batch: &[Notify], db: &mut Db) -> db::Result<Vec<Result<(), Rejected>>> {
    let now = owner.kit.clock.now();
    let named: Vec<Option<PayId>> = batch.iter().map(|task| task.notice.out_trade_no.parse().ok()).collect();
    let mut rows = store::read(db, &named.iter().flatten().copied().collect::<Vec<_>>())?;
    let mut paid = Vec::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for (task, pay_id) in batch.iter().zip(&named) {
        let mut row = pay_id.and_then(|id| rows.get_mut(&id));
        let effect = judge(row.as_deref(), task.provider, &task.notice);
        match (effect, row.as_mut()) {
            (Ok(Effect::Pay), Some(row)) => {
                set_paid(db, row, &task.notice.trade_no, now)?;
                let body = Paid {
                    pay_id: row.pay_id,
                    order_id: row.order_id,
                    user_id: row.user_id,
                    pay_amount: row.pay_amount,
                };
                paid.push((row.pay_id, body));
            }
            (Ok(Effect::Close), Some(row)) => set_closed(db, row, now)?,
            _ => {}
        }
        outcomes.push(effect.map(drop));
    }
    record(db, batch, &named, &outcomes, now)?;
    outbox::write(db, &owner.kit, message::PAID, std::time::Duration::ZERO, &paid)?;
    Ok(outcomes)
}

fn set_paid(db: &mut Db, row: &mut Row, trade_no: &str, now: Timestamp) -> db::Result<()> {
    (row.is_paid, row.trade_no, row.pay_time) = (PAID, Some(trade_no.to_owned()), Some(now));
    let unpaid = pay::table.find(row.pay_id).filter(pay::is_paid.eq(UNPAID));
    let met = diesel::update(unpaid)
        .set((pay::is_paid.eq(PAID), pay::trade_no.eq(Some(trade_no)), pay::pay_time.eq(Some(now))))
        .execute(db)?;
    db::expect_rows(met, 1)
}

fn set_closed(db: &mut Db, row: &mut Row, now: Timestamp) -> db::Result<()> {
    row.close_time = Some(now);
    let unpaid = pay::table.find(row.pay_id).filter(pay::is_paid.eq(UNPAID));
    db::expect_rows(diesel::update(unpaid).set(pay::close_time.eq(Some(now))).execute(db)?, 1)
}

/// Keeps each notice once, with its last verdict and how often it came: one rejected too early may come again.
fn record(
    db: &mut Db,
    batch: &[Notify],
    named: &[Option<PayId>],
    outcomes: &[Result<(), Rejected>],
    now: Timestamp,
) -> db::Result<()> {
    let events: Vec<&str> = batch.iter().map(|task| task.notice.event_id.as_str()).collect();
    let known: Vec<NoticeRow> =
        db::load_by(&events, |events| pay_notice::table.filter(pay_notice::event_id.eq_any(events)).load(db))?;
    let mut notices: HashMap<(String, String), (NoticeRow, bool)> =
        known.into_iter().map(|row| ((row.provider.clone(), row.event_id.clone()), (row, false))).collect();
    for ((task, pay_id), outcome) in batch.iter().zip(named).zip(outcomes) {
        let key = (task.provider.to_owned(), task.notice.event_id.clone());
        let (row, _) = notices.entry(key.clone()).or_insert_with(|| {
            let (provider, event_id) = key;
            let row = NoticeRow {
                provider,
                event_id,
                pay_id: *pay_id,
                body: String::new(),
                verdict: REJECTED,
                reason: None,
                times: 0,
                create_time: now,
            };
            (row, true)
        });
        row.times = row.times.saturating_add(1);
        if row.verdict != ACCEPTED {
            row.body.clone_from(&task.body);
            row.verdict = if outcome.is_ok() { ACCEPTED } else { REJECTED };
            row.reason = outcome.err().map(|rejected| rejected.to_string());
        }
    }
    let (new, again): (Vec<_>, Vec<_>) = notices.into_values().partition(|(_, is_new)| *is_new);
    for (row, _) in again {
        let stored = pay_notice::table.find((&row.provider, &row.event_id));
        diesel::update(stored)
            .set((
                pay_notice::times.eq(row.times),
                pay_notice::verdict.eq(row.verdict),
                pay_notice::reason.eq(&row.reason),
                pay_notice::body.eq(&row.body),
            ))
            .execute(db)?;
    }
    let new: Vec<NoticeRow> = new.into_iter().map(|(row, _)| row).collect();
    db::insert_all(&new, |rows| diesel::insert_into(pay_notice::table).values(rows).execute(db))
}
