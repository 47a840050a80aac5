//! Order by order: what every owner knows of it must fit together.

use std::collections::BTreeMap;

use super::fact::{self, Facts, OrderRow};
use super::{Books, Findings};
use crate::db;
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::money::Money;
use crate::domain::status::{Direction, OrderStatus, PayStatus};

const PAGE: i64 = 1_000;

/// Checks every order, a page at a time.
pub fn check(books: &Books, now: Timestamp, settled_before: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let mut after = Some(OrderId::new(i64::MIN));
    while let Some(from) = after {
        let (facts, next) = fact::page(books, from, PAGE)?;
        for (order_id, facts) in facts {
            check_one(order_id, &facts, now, settled_before, findings);
        }
        after = next;
    }
    Ok(())
}

fn check_one(order_id: OrderId, facts: &Facts, now: Timestamp, settled_before: Timestamp, findings: &mut Findings) {
    let Some(row) = &facts.row else {
        let violation = format!("order {order_id}: somebody has log rows of it, Order does not know it");
        return findings.check("stock_order", Some(violation));
    };
    let told = |wrong: Option<String>| wrong.map(|what| format!("order {order_id}: {what}"));
    findings.check("order_arithmetic", told(arithmetic(row, facts)));
    findings.check("no_order_stuck", told(stuck(row, now, settled_before)));
    if !is_settled(row, facts, settled_before) {
        return;
    }
    findings.check("stock_order", told(stock(row, facts)));
    findings.check("money_order", told(money(row, facts)));
    findings.check("coupon_once", told(coupon(row, facts)));
    findings.check("paid_exactly", told(paid(row, facts)));
    findings.check("points_once", told(points(row, facts)));
}

/// Whether nothing about the order can be under way any more: all that happened to it is older than the grace.
fn is_settled(row: &OrderRow, facts: &Facts, settled_before: Timestamp) -> bool {
    let paid = facts.payments.iter().filter_map(|payment| payment.pay_time);
    let times = [Some(row.add_time), row.confirm_time, row.pay_time, facts.pending_since];
    row.order_status != OrderStatus::Unconfirmed
        && times.into_iter().flatten().chain(paid).all(|time| time <= settled_before)
}

/// Whether the order keeps what it reserved.
const fn lives(row: &OrderRow) -> bool {
    matches!(row.order_status, OrderStatus::Confirmed)
}

fn arithmetic(row: &OrderRow, facts: &Facts) -> Option<String> {
    let lines =
        facts.lines.values().try_fold(Money::ZERO, |sum, (number, price)| sum.checked_add(price.checked_mul(*number)?));
    let order_amount = row.goods_amount.checked_add(row.shipping_fee);
    let pay_amount = row.order_amount.checked_sub(row.coupon_paid).and_then(|left| left.checked_sub(row.money_paid));
    let fits = lines == Some(row.goods_amount)
        && order_amount == Some(row.order_amount)
        && pay_amount == Some(row.pay_amount)
        && row.pay_amount >= Money::ZERO;
    (!fits).then(|| "its amounts do not add up".to_owned())
}

fn stuck(row: &OrderRow, now: Timestamp, settled_before: Timestamp) -> Option<String> {
    let unconfirmed = row.order_status == OrderStatus::Unconfirmed;
    if unconfirmed && row.wake_time.is_none() {
        return Some("is unconfirmed and without a next wake-up".to_owned());
    }
    (unconfirmed && row.deadline_time < settled_before.min(now)).then(|| "is unconfirmed past its deadline".to_owned())
}

fn stock(row: &OrderRow, facts: &Facts) -> Option<String> {
    let mut net: BTreeMap<GoodsId, i64> = BTreeMap::new();
    for ((goods_id, direction), number) in &facts.stock {
        let number = if *direction == Direction::Forward { *number } else { -*number };
        *net.entry(*goods_id).or_default() += number;
    }
    net.retain(|_, number| *number != 0);
    let wanted: BTreeMap<GoodsId, i64> =
        facts.lines.iter().filter(|_| lives(row)).map(|(goods_id, (number, _))| (*goods_id, *number)).collect();
    (net != wanted).then(|| format!("holds the stock {net:?}, it should hold {wanted:?}"))
}

fn money(row: &OrderRow, facts: &Facts) -> Option<String> {
    let sum =
        |wanted: Direction| facts.money.iter().filter(|(way, ..)| *way == wanted).map(|(.., money)| money.0).sum();
    let (taken, back): (i64, i64) = (sum(Direction::Forward), sum(Direction::Back));
    let foreign = facts.money.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let expected = if lives(row) { row.money_paid.0 } else { 0 };
    let wrong = foreign || taken - back != expected || (taken != 0 && taken != row.money_paid.0) || back > taken;
    wrong.then(|| format!("took {} and gave back {} of {}", Money(taken), Money(back), row.money_paid))
}

fn coupon(row: &OrderRow, facts: &Facts) -> Option<String> {
    let expected: Vec<_> = row.coupon_id.into_iter().filter(|_| lives(row)).collect();
    let bound = facts.coupon_log.iter().any(|(way, _)| *way == Direction::Forward);
    let freed = facts.coupon_log.iter().any(|(way, _)| *way == Direction::Back);
    let log_fits = if lives(row) { bound == row.coupon_id.is_some() && !freed } else { !bound || freed };
    (facts.coupons_bound != expected || !log_fits)
        .then(|| format!("has the coupons {:?}, it should have {expected:?}", facts.coupons_bound))
}

fn paid(row: &OrderRow, facts: &Facts) -> Option<String> {
    let paid: Vec<_> = facts.payments.iter().filter(|payment| payment.is_paid).collect();
    let is_paid = row.pay_status == PayStatus::Paid;
    if is_paid && row.pay_amount == Money::ZERO {
        return (!paid.is_empty()).then(|| "had nothing to pay and was paid".to_owned());
    }
    if !is_paid {
        return (!paid.is_empty()).then(|| format!("is not paid, but its payment {} is", pay_ids(&paid)));
    }
    match paid.as_slice() {
        [one] if one.pay_amount == row.pay_amount && one.is_logged => None,
        [one] if one.pay_amount == row.pay_amount => Some(format!("is paid by {}, which is not logged", one.pay_id)),
        _ => Some(format!("is paid, by {} of {}", pay_ids(&paid), row.pay_amount)),
    }
}

fn pay_ids(payments: &[&fact::Payment]) -> String {
    let ids: Vec<String> = payments.iter().map(|payment| payment.pay_id.to_string()).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(" and ") }
}

fn points(row: &OrderRow, facts: &Facts) -> Option<String> {
    let added = facts.score.iter().filter(|(way, ..)| *way == Direction::Forward).count();
    let foreign = facts.score.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let expected = usize::from(row.pay_status == PayStatus::Paid && row.pay_amount > Money::ZERO);
    (added != expected || foreign).then(|| format!("has points added {added} times, it should be {expected}"))
}
