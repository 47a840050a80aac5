//! Audits the moments at which something is to be done: none is further ahead than the settings allow. Its row would be
//! found too late.

use diesel::prelude::*;

use super::{Findings, OwnerStores};
use crate::db::schema::{mq_producer, orders, pay_ask, pay_refund};
use crate::db::{self, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizons;
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::status::{MessageStatus, OrderStatus, RefundState};

const NAME: &str = "no_moment_ahead";
/// Maximum number of rows of one kind that are read.
const LIMIT: i64 = 1_000;

/// Checks all kinds of moments, as of `at`. Each query reads the end of an index.
pub fn check(stores: &OwnerStores, horizons: &Horizons, at: Timestamp, findings: &mut Findings) -> db::Result<()> {
    check_orders(stores, horizons, at, findings)?;
    check_messages(stores, horizons, at, findings)?;
    check_payments(stores, horizons, at, findings)
}

fn check_orders(stores: &OwnerStores, horizons: &Horizons, at: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let db = &mut *stores.order.reader()?;
    let waiting: i64 = with_conn!(db, orders::table.filter(orders::wake_time.is_not_null()).count().get_result(db))?;
    let mut ahead = Vec::new();
    for (status, horizon, what) in [
        (OrderStatus::Unconfirmed, horizons.deadline, "its deadline is later than orders.deadline allows"),
        (OrderStatus::Confirmed, horizons.payment, "it is to expire later than orders.pay_within allows"),
    ] {
        let beyond = orders::wake_time.gt(Some(horizon.latest(at))).and(orders::order_status.eq(status));
        let rows = orders::table.filter(beyond).limit(LIMIT).select((orders::order_id, orders::wake_time));
        let rows: Vec<(OrderId, Option<Timestamp>)> = with_conn!(db, rows.load(db))?;
        ahead.extend(rows.into_iter().map(|(id, wake)| (format!("order {id}: {what}"), wake)));
    }
    report(findings, waiting, ahead);
    Ok(())
}

fn check_messages(stores: &OwnerStores, horizons: &Horizons, at: Timestamp, findings: &mut Findings) -> db::Result<()> {
    for producer in [&stores.order, &stores.pay] {
        let db = &mut *producer.reader()?;
        let pending = mq_producer::table.filter(mq_producer::msg_status.eq(MessageStatus::Pending));
        let total: i64 = with_conn!(db, pending.count().get_result(db))?;
        let rows = pending.filter(mq_producer::due_time.gt(horizons.message.latest(at))).limit(LIMIT);
        let rows = rows.select((mq_producer::id, mq_producer::group_name, mq_producer::due_time));
        let rows: Vec<(String, String, Timestamp)> = with_conn!(db, rows.load(db))?;
        let what = "is due later than relay.lease and relay.backoff allow";
        let ahead = rows.into_iter().map(|(id, group, due)| (format!("message {id} for {group}: {what}"), Some(due)));
        report(findings, total, ahead.collect());
    }
    Ok(())
}

fn check_payments(stores: &OwnerStores, horizons: &Horizons, at: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let db = &mut *stores.pay.reader()?;
    let total: i64 = with_conn!(db, pay_ask::table.count().get_result(db))?;
    let rows = pay_ask::table.filter(pay_ask::ask_time.gt(horizons.sync.latest(at))).limit(LIMIT);
    let rows: Vec<(PayId, Timestamp)> = with_conn!(db, rows.select((pay_ask::pay_id, pay_ask::ask_time)).load(db))?;
    let what = "its platform is to be asked later than payments.ask allows";
    report(findings, total, rows.into_iter().map(|(id, due)| (format!("payment {id}: {what}"), Some(due))).collect());
    let pending = pay_refund::table.filter(pay_refund::status.eq(RefundState::Pending));
    let total: i64 = with_conn!(db, pending.count().get_result(db))?;
    let rows = pending.filter(pay_refund::due_time.gt(horizons.refund.latest(at))).limit(LIMIT);
    let rows: Vec<(RefundId, Timestamp)> =
        with_conn!(db, rows.select((pay_refund::refund_id, pay_refund::due_time)).load(db))?;
    let what = "is due later than payments.refund allows";
    report(findings, total, rows.into_iter().map(|(id, due)| (format!("refund {id}: {what}"), Some(due))).collect());
    Ok(())
}

/// Counts `total` rows as checked, of which those in `ahead` violate the invariant.
fn report(findings: &mut Findings, total: i64, ahead: Vec<(String, Option<Timestamp>)>) {
    let violated = u64::try_from(ahead.len()).unwrap_or(0);
    findings.add_valid(NAME, u64::try_from(total).unwrap_or(0).saturating_sub(violated));
    for (what, moment) in ahead {
        let moment = moment.map_or_else(String::new, |moment| format!(", at {moment}"));
        findings.check(NAME, Some(format!("{what}{moment}")));
    }
}
