//! The lists of Pay for operators and its part of an order's timeline.

use diesel::prelude::*;

use super::refund_row::RefundRow;
use super::row::{self, PaymentRow};
use super::view;
use crate::actor::{Access, Task};
use crate::db::schema::{pay, pay_log, pay_notice, pay_open, pay_refund};
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::id::PayId;
use crate::domain::status::{IsPaid, Verdict};
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::message::{self, ListParkedNotifications, ParkedNotification, Payment};

/// Reads pages of the payments that match the filters, newest first.
impl Task<Pay> for message::ListAll {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        batch.iter().map(|task| page(task, db)).collect()
    }
}

/// Reads one page. Whether a payment is refunded is known only after its refunds are read, so the filter is applied to
/// candidates, which are read until the page is full.
fn page(task: &message::ListAll, db: &mut Db) -> db::Result<Vec<Payment>> {
    let limit = usize::try_from(task.limit).unwrap_or(usize::MAX);
    let mut before = task.before.unwrap_or(PayId::new(i64::MAX));
    let mut found: Vec<Payment> = Vec::new();
    while found.len() < limit {
        let rows = candidates(task, before, db)?;
        let Some(last) = rows.last() else { break };
        before = last.pay_id;
        let matches = |payment: &Payment| task.status.is_none_or(|status| payment.status == status);
        found.extend(in_order(db, rows)?.into_iter().filter(matches));
    }
    found.truncate(limit);
    Ok(found)
}

/// Reads pages of a user's payments, newest first. The payments of one order are few, and those of one user have an
/// index.
impl Task<Pay> for message::List {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Payment>>> {
        let page = |task: &Self| {
            let older = pay::user_id.eq(task.user_id).and(pay::pay_id.lt(task.before.unwrap_or(PayId::new(i64::MAX))));
            let rows: Vec<PaymentRow> = match task.order_id {
                Some(order_id) => {
                    let of_order = pay::table.filter(pay::order_id.eq(order_id).and(older));
                    with_conn!(db, of_order.order(pay::pay_id.desc()).limit(task.limit).load(db))?
                }
                None => {
                    let all = pay::table.filter(older);
                    with_conn!(db, all.order(pay::pay_id.desc()).limit(task.limit).load(db))?
                }
            };
            in_order(db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// Converts rows into payments in the same sequence.
fn in_order(db: &mut Db, rows: Vec<PaymentRow>) -> db::Result<Vec<Payment>> {
    let ids: Vec<PayId> = rows.iter().map(|row| row.pay_id).collect();
    let mut payments = view::payments(db, rows.into_iter())?;
    Ok(ids.iter().filter_map(|id| payments.remove(id)).collect())
}

/// Reads payments before `before` that may match the filters, newest first. A rare state is found by the table that has
/// it: the page does not read all payments.
fn candidates(task: &message::ListAll, before: PayId, db: &mut Db) -> db::Result<Vec<PaymentRow>> {
    let older = pay::table.filter(pay::pay_id.lt(before)).order(pay::pay_id.desc()).limit(task.limit);
    if let Some(order_id) = task.order_id {
        return Ok(with_conn!(db, older.filter(pay::order_id.eq(order_id)).load(db))?);
    }
    let ids: Vec<PayId> = match task.status {
        None => return Ok(with_conn!(db, older.load(db))?),
        Some(message::Status::Paid) => return Ok(with_conn!(db, older.filter(pay::is_paid.eq(IsPaid::Yes)).load(db))?),
        Some(message::Status::Closed) => {
            let closed = pay::is_paid.eq(IsPaid::No).and(pay::close_time.is_not_null());
            return Ok(with_conn!(db, older.filter(closed).load(db))?);
        }
        Some(message::Status::Unpaid) => {
            let open = pay_open::table.filter(pay_open::pay_id.lt(before)).order(pay_open::pay_id.desc());
            with_conn!(db, open.limit(task.limit).select(pay_open::pay_id).load(db))
        }
        Some(message::Status::Refunded) => {
            // The refund of a parked charge may name a payment that does not exist.
            let of_payments = pay_refund::pay_id.lt(before).and(pay_refund::parked_id.is_null());
            let refunds = pay_refund::table.filter(of_payments).order(pay_refund::pay_id.desc());
            with_conn!(db, refunds.limit(task.limit).select(pay_refund::pay_id).distinct().load(db))
        }
    }?;
    let mut rows: Vec<PaymentRow> = row::read(db, &ids)?.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.pay_id));
    Ok(rows)
}

/// Reads pages of rejected notifications, newest first.
impl Task<Pay> for ListParkedNotifications {
    type Outcome = Vec<ParkedNotification>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ParkedNotification>>> {
        use pay_notice::dsl;
        let page = |task: &Self| {
            let (at, (provider, event_id)) = task.before.clone().unwrap_or((Timestamp(i64::MAX), Default::default()));
            let same_provider = dsl::provider.eq(provider.clone()).and(dsl::event_id.gt(event_id));
            let same_time = dsl::create_time.eq(at).and(dsl::provider.gt(provider).or(same_provider));
            let rows = dsl::pay_notice
                .filter(dsl::verdict.eq(Verdict::Rejected))
                .filter(dsl::create_time.lt(at).or(same_time))
                .order((dsl::create_time.desc(), dsl::provider, dsl::event_id))
                .limit(task.limit)
                .select((
                    dsl::provider,
                    dsl::event_id,
                    dsl::pay_id,
                    dsl::reason,
                    dsl::times,
                    dsl::create_time,
                    dsl::body,
                ));
            Ok(with_conn!(db, rows.load(db))?)
        };
        batch.iter().map(page).collect()
    }
}

/// Reads the events of an order's payments: their states, notifications, refunds and messages.
impl Task<Pay> for message::ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &Self| {
            let payments: Vec<PaymentRow> =
                with_conn!(db, pay::table.filter(pay::order_id.eq(task.order_id)).load(db))?;
            let ids: Vec<PayId> = payments.iter().map(|row| row.pay_id).collect();
            let mut events: Vec<Event> = payments.iter().flat_map(payment_events).collect();
            events.extend(notification_events(db, &ids)?);
            let refunds: Vec<RefundRow> =
                with_conn!(db, pay_refund::table.filter(pay_refund::order_id.eq(task.order_id)).load(db))?;
            events.extend(refunds.iter().flat_map(refund_events));
            let logged: Vec<(PayId, Timestamp)> = db::load_by(&ids, |ids| {
                let logged = pay_log::table.filter(any_of(pay_log::pay_id, ids));
                with_conn!(db, logged.select((pay_log::pay_id, pay_log::log_time)).load(db))
            })?;
            let logged = logged.into_iter().map(|(pay_id, at)| {
                Event::new(at, What::PaymentLogged, format!("payment {pay_id}")).with("pay_id", pay_id)
            });
            events.extend(logged);
            events.extend(outbox::timeline(db, &ids.iter().map(PayId::to_string).collect::<Vec<_>>())?);
            Ok(events)
        };
        batch.iter().map(timeline).collect()
    }
}

/// Events of a payment, without its refunds.
fn payment_events(row: &PaymentRow) -> Vec<Event> {
    let PaymentRow { pay_id, pay_amount, provider, .. } = row;
    let event = |at, what, detail| {
        Event::new(at, what, detail).with("pay_id", pay_id).with("amount", pay_amount).with("provider", provider)
    };
    let detail = format!("payment {pay_id} of {pay_amount} on {provider}");
    let started = event(row.add_time, What::PaymentStarted, detail);
    let ended = |at: Option<Timestamp>, what| {
        at.map(|at| event(at, what, format!("payment {pay_id}")).since(Some(row.add_time)))
    };
    std::iter::once(started)
        .chain(ended(row.pay_time, What::PaymentPaid))
        .chain(ended(row.close_time, What::PaymentClosed))
        .collect()
}

/// Columns of a notification: payment, time, event of the platform, number of deliveries, reason of its rejection.
type NoticeColumns = (Option<PayId>, Timestamp, String, i32, Option<String>);

/// Events of the notifications of payments; for operators only.
fn notification_events(db: &mut Db, ids: &[PayId]) -> db::Result<Vec<Event>> {
    use pay_notice::dsl;
    let rows: Vec<NoticeColumns> = db::load_by(ids, |ids| {
        let notices = dsl::pay_notice.filter(dsl::pay_id.eq_any(ids.iter().copied().map(Some)));
        let notices = notices.order((dsl::create_time, dsl::event_id));
        let columns = (dsl::pay_id, dsl::create_time, dsl::event_id, dsl::times, dsl::reason);
        with_conn!(db, notices.select(columns).load(db))
    })?;
    let event = |(pay_id, at, event_id, times, reason): NoticeColumns| {
        let state = if reason.is_none() { "accepted" } else { "rejected" };
        let verdict = reason.as_ref().map_or_else(|| "believed".to_owned(), |reason| format!("not believed: {reason}"));
        Event::new(at, What::Notice, format!("{event_id}, {times} times, {verdict}"))
            .with("pay_id", pay_id)
            .with("event_id", event_id)
            .with("times", times)
            .with("state", state)
            .with("remark", reason)
    };
    Ok(rows.into_iter().map(event).collect())
}

/// Events of a refund.
fn refund_events(row: &RefundRow) -> Vec<Event> {
    let RefundRow { refund_id, pay_id, amount, reason, attempts, .. } = row;
    let event = |at, what, detail: String| {
        Event::new(at, what, detail).with("refund_id", refund_id).with("pay_id", pay_id).with("amount", amount)
    };
    if let Some(number) = &row.foreign_no {
        let detail = format!("refund {refund_id} of {amount} from payment {pay_id}: {reason}, as {number}");
        return vec![event(row.create_time, What::RefundByPlatform, detail).with("number", number)];
    }
    let detail = |reason: &str| format!("refund {refund_id} of {amount} from payment {pay_id}: {reason}");
    let started = event(row.create_time, What::RefundStarted, detail(row.public_reason()));
    let mut events = vec![Event { operator_detail: Some(detail(reason)), ..started }];
    let ended = |at: Option<Timestamp>, what| {
        let detail = format!("refund {refund_id} of {amount}");
        at.map(|at| event(at, what, detail).since(Some(row.create_time)))
    };
    events.extend(ended(row.done_time, What::RefundDone));
    if let Some(remark) = &row.remark {
        let detail = format!("refund {refund_id}, {attempts} attempts: {remark}");
        let parked = event(row.due_time, What::RefundParked, detail);
        events.push(parked.with("attempts", attempts).with("remark", remark));
    }
    events.extend(ended(row.dismiss_time, What::RefundDismissed));
    events
}
