//! Order by order: what every owner knows of it must fit together.

use std::collections::BTreeMap;

use super::fact::{self, Facts, OrderRow};
use super::{Findings, OwnerStores};
use crate::db;
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::status::{Direction, OrderStatus, PayStatus, RefundState, ShippingStatus};

const PAGE: i64 = 1_000;

/// Checks every order, a page at a time; `progress` is told how many are done.
pub fn check(
    stores: &OwnerStores,
    now: Timestamp,
    cutoff: Timestamp,
    findings: &mut Findings,
    progress: &mut dyn FnMut(u64),
) -> db::Result<()> {
    let mut after = Some(OrderId::new(i64::MIN));
    let mut done = 0;
    while let Some(from) = after {
        let (facts, next) = fact::page(stores, from, PAGE)?;
        done += u64::try_from(facts.len()).unwrap_or(0);
        progress(done);
        for (order_id, facts) in facts {
            check_one(order_id, &facts, now, cutoff, findings);
        }
        after = next;
    }
    Ok(())
}

fn check_one(order_id: OrderId, facts: &Facts, now: Timestamp, cutoff: Timestamp, findings: &mut Findings) {
    let Some(row) = &facts.row else {
        let violation = format!("order {order_id}: somebody has log rows of it, Order does not know it");
        return findings.check("stock_order", Some(violation));
    };
    let told = |wrong: Option<String>| wrong.map(|what| format!("order {order_id}: {what}"));
    findings.check("order_arithmetic", told(arithmetic(row, facts)));
    findings.check("no_order_stuck", told(stuck(row, now, cutoff)));
    findings.check("refund_bounded", told(bounded(row, facts)));
    findings.check("status_legal", told(legal(row, facts)));
    for payment in &facts.payments {
        let wrong = kept(payment).map(|what| format!("payment {} of order {order_id}: {what}", payment.pay_id));
        findings.check("notice_kept", wrong);
    }
    if !is_at_rest(row, facts, cutoff) {
        return;
    }
    findings.check("stock_order", told(stock(row, facts)));
    findings.check("money_order", told(money(row, facts)));
    findings.check("coupon_once", told(coupon(row, facts)));
    findings.check("paid_exactly", told(paid(row, facts)));
    findings.check("points_once", told(points(row, facts)));
    findings.check("no_dead_money", told(dead_money(row, facts, cutoff)));
}

/// Whether nothing about the order can be under way any more: all that happened to it is older than the grace.
fn is_at_rest(row: &OrderRow, facts: &Facts, cutoff: Timestamp) -> bool {
    let times = [Some(row.add_time), row.confirm_time, row.pay_time, facts.touched];
    row.order_status != OrderStatus::Unconfirmed && times.into_iter().flatten().all(|time| time <= cutoff)
}

/// Whether the order keeps what it reserved.
const fn lives(row: &OrderRow) -> bool {
    matches!(row.order_status, OrderStatus::Confirmed)
}

/// Whether its goods are its customer's: also where the money went back after they were shipped.
fn keeps_goods(row: &OrderRow) -> bool {
    lives(row) || row.shipping_status != ShippingStatus::Unshipped
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

fn stuck(row: &OrderRow, now: Timestamp, cutoff: Timestamp) -> Option<String> {
    let unconfirmed = row.order_status == OrderStatus::Unconfirmed;
    let waits = row.order_status == OrderStatus::Confirmed && row.pay_status != PayStatus::Paid;
    if (unconfirmed || waits) && row.wake_time.is_none() {
        return Some("is unfinished and without a next wake-up".to_owned());
    }
    (unconfirmed && row.deadline_time < cutoff.min(now)).then(|| "is unconfirmed past its deadline".to_owned())
}

/// The states fit each other, and the times and acts fit the states.
fn legal(row: &OrderRow, facts: &Facts) -> Option<String> {
    let state = OrderState { order: row.order_status, pay: row.pay_status, shipping: row.shipping_status };
    let confirmed = match row.order_status {
        OrderStatus::Confirmed | OrderStatus::Refunded => true,
        // Given up before it was confirmed, it says why.
        OrderStatus::Cancelled => row.refusal.is_none(),
        OrderStatus::Unconfirmed | OrderStatus::Invalid => false,
    };
    let is_paid = row.pay_status == PayStatus::Paid;
    let shipped = row.shipping_status != ShippingStatus::Unshipped;
    let received = row.shipping_status == ShippingStatus::Received;
    let did = |act: &str| facts.acts.contains(act);
    let fits = state.is_legal()
        && row.confirm_time.is_some() == confirmed
        && row.pay_time.is_some() == is_paid
        && (is_paid || row.pay_id.is_none())
        && (did("shipped"), did("received")) == (shipped, received)
        && did("refunded") == (row.order_status == OrderStatus::Refunded)
        && (row.order_status == OrderStatus::Cancelled || !(did("cancelled") || did("expired")));
    (!fits).then(|| format!("{state:?} does not fit its times and what was done to it"))
}

/// A sum; one that leaves the range counts as the largest amount, which no invariant accepts.
fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    Money::checked_sum(amounts).unwrap_or(Money::LARGEST)
}

/// What went back, or is to, is not more than what was paid.
fn bounded(row: &OrderRow, facts: &Facts) -> Option<String> {
    let asked = sum(facts.refunds.iter().copied());
    if asked > row.pay_amount {
        return Some(format!("{asked} were asked back of {}", row.pay_amount));
    }
    let too_much = facts.payments.iter().find(|payment| back(payment) > payment.pay_amount)?;
    Some(format!("{} go back of payment {} of {}", back(too_much), too_much.pay_id, too_much.pay_amount))
}

/// What goes back of a payment, what is under way included.
fn back(payment: &fact::Payment) -> Money {
    sum(payment.refunds.iter().filter(|refund| refund.status != RefundState::Parked).map(|refund| refund.amount))
}

/// What was believed is in the payment, and what is in the payment was told by somebody.
fn kept(payment: &fact::Payment) -> Option<&'static str> {
    match payment.notices {
        0 if payment.is_paid => Some("is paid, and no notice says so"),
        notices if notices > 0 && payment.is_open => Some("is open, although a notice of it was believed"),
        _ => None,
    }
}

/// Money the order does not want goes back, all of it, or somebody is told why not.
fn dead_money(row: &OrderRow, facts: &Facts, cutoff: Timestamp) -> Option<String> {
    for payment in facts.payments.iter().filter(|payment| payment.is_paid) {
        let forgotten = |refund: &fact::Refund| match refund.status {
            RefundState::Pending => refund.due_time < cutoff,
            RefundState::Parked => refund.remark.is_none(),
            RefundState::Done => false,
        };
        if payment.refunds.iter().any(forgotten) {
            return Some(format!("a refund of its payment {} is forgotten", payment.pay_id));
        }
        let cared_for = sum(payment.refunds.iter().map(|refund| refund.amount));
        if !pays(row, facts, payment) && cared_for < payment.pay_amount {
            let pay_id = payment.pay_id;
            return Some(format!(
                "does not want payment {pay_id} of {}, of which {} go back",
                payment.pay_amount, cared_for
            ));
        }
    }
    None
}

/// Whether this payment is the one that pays the order. From before it was noted, it is the only one.
fn pays(row: &OrderRow, facts: &Facts, payment: &fact::Payment) -> bool {
    let only = || facts.payments.iter().filter(|payment| payment.is_paid).count() == 1;
    lives(row) && row.pay_status == PayStatus::Paid && row.pay_id.map_or_else(only, |pay_id| pay_id == payment.pay_id)
}

fn stock(row: &OrderRow, facts: &Facts) -> Option<String> {
    let mut net: BTreeMap<GoodsId, i64> = BTreeMap::new();
    for ((goods_id, direction), number) in &facts.stock {
        let number = if *direction == Direction::Forward { *number } else { -*number };
        *net.entry(*goods_id).or_default() += number;
    }
    net.retain(|_, number| *number != 0);
    let wanted: BTreeMap<GoodsId, i64> =
        facts.lines.iter().filter(|_| keeps_goods(row)).map(|(goods_id, (number, _))| (*goods_id, *number)).collect();
    (net != wanted).then(|| format!("holds the stock {net:?}, it should hold {wanted:?}"))
}

fn money(row: &OrderRow, facts: &Facts) -> Option<String> {
    let of = |wanted: Direction| facts.money.iter().filter(move |(way, ..)| *way == wanted).map(|(.., money)| *money);
    let (taken, back) = (sum(of(Direction::Forward)), sum(of(Direction::Back)));
    let foreign = facts.money.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let expected = if lives(row) { row.money_paid } else { Money::ZERO };
    let wrong = foreign
        || taken.checked_sub(back) != Some(expected)
        || (taken != Money::ZERO && taken != row.money_paid)
        || back > taken;
    wrong.then(|| format!("took {taken} and gave back {back} of {}", row.money_paid))
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
    let of_all = || facts.payments.iter().filter(|payment| payment.is_paid);
    let not_logged = of_all().find(|payment| !payment.is_logged);
    if let Some(payment) = not_logged {
        return Some(format!("its payment {} is paid and not logged", payment.pay_id));
    }
    // Where the order is dead, what was paid is money to go back: that is looked at by itself.
    if !lives(row) {
        return None;
    }
    let paying: Vec<&fact::Payment> = of_all().filter(|payment| pays(row, facts, payment)).collect();
    if row.pay_status != PayStatus::Paid {
        let unheard = of_all().find(|payment| back(payment) < payment.pay_amount)?;
        return Some(format!("is not paid, but its payment {} is", unheard.pay_id));
    }
    let asked = sum(facts.refunds.iter().copied());
    match paying.as_slice() {
        [] if row.pay_amount == Money::ZERO => None,
        [one] if one.pay_amount != row.pay_amount => Some(format!("is paid by {} of {}", one.pay_id, one.pay_amount)),
        [one] if back(one) > asked => {
            Some(format!("is paid by {}, of which more goes back than was asked", one.pay_id))
        }
        [_] => None,
        _ => Some(format!("is paid, by {} payments", paying.len())),
    }
}

fn points(row: &OrderRow, facts: &Facts) -> Option<String> {
    let of = |wanted: Direction| facts.score.iter().filter(move |(way, ..)| *way == wanted);
    let sum = |wanted: Direction| -> i64 { of(wanted).map(|(.., points)| *points).sum() };
    let foreign = facts.score.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let refunded = row.order_status == OrderStatus::Refunded;
    let added = of(Direction::Forward).count();
    // Taken back before they were added, they are never added: then there is only the other row.
    let expected = usize::from(row.pay_status == PayStatus::Paid && row.pay_amount > Money::ZERO);
    let wrong = foreign
        || (added != expected && !(refunded && added == 0))
        || of(Direction::Back).count() != usize::from(refunded)
        || (refunded && sum(Direction::Forward) != sum(Direction::Back));
    wrong.then(|| format!("has points added {added} times, it should be {expected}, and taken back {refunded}"))
}
