//! The rows of Pay, read in one transaction.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::{ByOrder, Payment, Range, Refund, pending};
use crate::audit::OwnerStores;
use crate::audit::overdue::Overdue;
use crate::db::schema::{pay, pay_ask, pay_log, pay_notice, pay_open, pay_parked, pay_refund, pay_request};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{ChargeState, IsPaid, RefundState, Verdict};

/// The audited columns of `pay`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = pay)]
struct PayRow {
    pay_id: PayId,
    order_id: OrderId,
    user_id: UserId,
    pay_amount: Money,
    is_paid: IsPaid,
    trade_no: Option<String>,
    add_time: Timestamp,
    pay_time: Option<Timestamp>,
    close_time: Option<Timestamp>,
    expire_time: Option<Timestamp>,
    start_no: i32,
}

/// Adds the payments of the orders in `range`. A refund that was due before `cutoff` is overdue.
pub fn add(stores: &OwnerStores, range: Range, cutoff: Timestamp, facts: &mut ByOrder) -> db::Result<()> {
    db::snapshot(&mut *stores.pay.reader()?, |db| {
        let of_range = pay::order_id.gt(range.0).and(pay::order_id.le(range.1));
        let rows: Vec<PayRow> = with_conn!(db, pay::table.filter(of_range).select(PayRow::as_select()).load(db))?;
        let ids: Vec<PayId> = rows.iter().map(|row| row.pay_id).collect();
        let mut logs = logs(db, &ids)?;
        let listed = listed(db, &ids)?;
        let scheduled = scheduled(db, &ids)?;
        let requested = requested(db, &ids)?;
        let mut notifications = accepted_notifications(db, &ids)?;
        let accepted = accepted_charges(db, &ids)?;
        let mut refunds = refunds(db, &ids, cutoff)?;
        let undelivered = pending(db, ids.iter().copied())?;
        let mut order_of: HashMap<PayId, OrderId> = HashMap::new();
        for row in rows {
            order_of.insert(row.pay_id, row.order_id);
            let facts = facts.entry(row.order_id).or_default();
            let refunds = refunds.remove(&row.pay_id).unwrap_or_default();
            let refunded = refunds.iter().flat_map(|refund| [Some(refund.create_time), refund.done_time]);
            [row.pay_time, row.close_time]
                .into_iter()
                .chain(refunded)
                .flatten()
                .for_each(|at| facts.record_activity(at));
            facts.payments.push(Payment {
                pay_id: row.pay_id,
                user_id: row.user_id,
                pay_amount: row.pay_amount,
                add_time: row.add_time,
                pay_time: row.pay_time,
                close_time: row.close_time,
                expire_time: row.expire_time,
                start_no: row.start_no,
                is_paid: row.is_paid,
                trade_no: row.trade_no,
                log: logs.remove(&row.pay_id),
                is_listed_open: listed.contains(&row.pay_id),
                is_scheduled: scheduled.contains(&row.pay_id),
                is_requested: requested.contains(&row.pay_id) || accepted.contains(&row.pay_id),
                notifications: notifications.remove(&row.pay_id).unwrap_or(0)
                    + usize::from(row.is_paid == IsPaid::Yes && accepted.contains(&row.pay_id)),
                refunds,
            });
        }
        for (pay_id, at) in undelivered {
            let facts = order_of.get(&pay_id).and_then(|order_id| facts.get_mut(order_id));
            facts.into_iter().for_each(|facts| facts.record_activity(at));
        }
        Ok(())
    })
}

/// Order, user and amount in the payment log.
fn logs(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, (OrderId, UserId, Money)>> {
    let rows: Vec<(PayId, OrderId, UserId, Money)> = db::load_by(ids, |ids| {
        let columns = (pay_log::pay_id, pay_log::order_id, pay_log::user_id, pay_log::pay_amount);
        with_conn!(db, pay_log::table.filter(pay_log::pay_id.eq_any(ids)).select(columns).load(db))
    })?;
    Ok(rows.into_iter().map(|(pay_id, order_id, user_id, amount)| (pay_id, (order_id, user_id, amount))).collect())
}

/// The payments that have a row in the list of open ones.
fn listed(db: &mut Db, ids: &[PayId]) -> db::Result<HashSet<PayId>> {
    let rows: Vec<PayId> = db::load_by(ids, |ids| {
        with_conn!(db, pay_open::table.filter(pay_open::pay_id.eq_any(ids)).select(pay_open::pay_id).load(db))
    })?;
    Ok(rows.into_iter().collect())
}

/// The payments that have a scheduled status query.
fn scheduled(db: &mut Db, ids: &[PayId]) -> db::Result<HashSet<PayId>> {
    let rows: Vec<PayId> = db::load_by(ids, |ids| {
        with_conn!(db, pay_ask::table.filter(pay_ask::pay_id.eq_any(ids)).select(pay_ask::pay_id).load(db))
    })?;
    Ok(rows.into_iter().collect())
}

/// The payments that a request led to.
fn requested(db: &mut Db, ids: &[PayId]) -> db::Result<HashSet<PayId>> {
    let rows: Vec<Option<PayId>> = db::load_by(ids, |ids| {
        let ids = ids.iter().copied().map(Some);
        with_conn!(db, pay_request::table.filter(pay_request::pay_id.eq_any(ids)).select(pay_request::pay_id).load(db))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// The payments for which an operator accepted a charge, which is proof of the payment and may stand for its request.
fn accepted_charges(db: &mut Db, ids: &[PayId]) -> db::Result<HashSet<PayId>> {
    let rows: Vec<Option<PayId>> = db::load_by(ids, |ids| {
        let of_payments = pay_parked::pay_id.eq_any(ids.iter().copied().map(Some));
        let accepted = of_payments.and(pay_parked::status.eq(ChargeState::Accepted));
        with_conn!(db, pay_parked::table.filter(accepted).select(pay_parked::pay_id).load(db))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// The number of accepted notifications of each payment.
fn accepted_notifications(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, usize>> {
    let rows: Vec<Option<PayId>> = db::load_by(ids, |ids| {
        let ids = ids.iter().copied().map(Some);
        let accepted = pay_notice::pay_id.eq_any(ids).and(pay_notice::verdict.eq(Verdict::Accepted));
        with_conn!(db, pay_notice::table.filter(accepted).select(pay_notice::pay_id).load(db))
    })?;
    let mut counts = HashMap::new();
    for pay_id in rows.into_iter().flatten() {
        *counts.entry(pay_id).or_default() += 1;
    }
    Ok(counts)
}

/// The audited columns of `pay_refund`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = pay_refund)]
struct RefundRow {
    pay_id: PayId,
    refund_id: RefundId,
    amount: Money,
    status: RefundState,
    attempts: i32,
    due_time: Timestamp,
    create_time: Timestamp,
    done_time: Option<Timestamp>,
    remark: Option<String>,
    foreign_no: Option<String>,
    dismiss_time: Option<Timestamp>,
    provider: String,
}

fn refunds(db: &mut Db, ids: &[PayId], cutoff: Timestamp) -> db::Result<HashMap<PayId, Vec<Refund>>> {
    let rows: Vec<RefundRow> = db::load_by(ids, |ids| {
        // A refund that gives back a parked charge is none of the payment's amount.
        let of_payment = pay_refund::pay_id.eq_any(ids).and(pay_refund::parked_id.is_null());
        let refunds = pay_refund::table.filter(of_payment).order(pay_refund::refund_id);
        with_conn!(db, refunds.select(RefundRow::as_select()).load(db))
    })?;
    let mut refunds: HashMap<PayId, Vec<Refund>> = HashMap::new();
    let mut overdue = Overdue::new(cutoff);
    for row in rows {
        let is_forgotten = row.status == RefundState::Pending
            && overdue.is_forgotten(&row.provider, row.due_time, row.attempts, db)?;
        let is_dismissed = row.status == RefundState::Parked && row.dismiss_time.is_some();
        refunds.entry(row.pay_id).or_default().push(Refund {
            refund_id: row.refund_id,
            amount: row.amount,
            status: if is_dismissed { RefundState::Dismissed } else { row.status },
            is_forgotten,
            create_time: row.create_time,
            done_time: row.done_time.or(row.dismiss_time),
            remark: row.remark,
            is_foreign: row.foreign_no.is_some(),
        });
    }
    Ok(refunds)
}
