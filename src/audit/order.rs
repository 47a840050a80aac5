//! Audits each order: the records of all owners about it must agree.

use std::collections::BTreeMap;

use super::fact::{self, Facts, OrderRow};
use super::{Findings, OwnerStores};
use crate::db;
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::status::{Direction, OrderStatus, PayStatus, RefundState, ShippingStatus};

const PAGE_SIZE: i64 = 1_000;

/// Checks every order, page by page. `progress` is called with the number of orders checked so far.
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
        let (facts, next) = fact::page(stores, from, PAGE_SIZE)?;
        done += u64::try_from(facts.len()).unwrap_or(0);
        progress(done);
        for (order_id, facts) in facts {
            check_one(order_id, &facts, now, cutoff, findings);
        }
        after = next;
    }
    Ok(())
}

/// Checks one order. Invariants that hold only for a quiescent order are checked after [`is_quiescent`].
fn check_one(order_id: OrderId, facts: &Facts, now: Timestamp, cutoff: Timestamp, findings: &mut Findings) {
    let Some(row) = &facts.row else {
        let violation = format!("order {order_id}: somebody has log rows of it, Order does not know it");
        return findings.check("stock_order", Some(violation));
    };
    let violation = |problem: Option<String>| problem.map(|problem| format!("order {order_id}: {problem}"));
    findings.check("order_arithmetic", violation(arithmetic(row, facts)));
    findings.check("no_order_stuck", violation(stuck(row, now, cutoff)));
    findings.check("refund_bounded", violation(refund_bounded(row, facts)));
    findings.check("status_legal", violation(status_legal(row, facts)));
    for payment in &facts.payments {
        let problem =
            notice_kept(payment).map(|problem| format!("payment {} of order {order_id}: {problem}", payment.pay_id));
        findings.check("notice_kept", problem);
    }
    if !is_quiescent(row, facts, cutoff) {
        return;
    }
    findings.check("stock_order", violation(stock(row, facts)));
    findings.check("money_order", violation(money(row, facts)));
    findings.check("coupon_once", violation(coupon(row, facts)));
    findings.check("paid_exactly", violation(paid(row, facts)));
    findings.check("points_once", violation(points(row, facts)));
    findings.check("no_dead_money", violation(dead_money(row, facts, cutoff)));
}

/// Whether no work on the order can still be in progress: its latest activity is not after `cutoff`.
fn is_quiescent(row: &OrderRow, facts: &Facts, cutoff: Timestamp) -> bool {
    let times = [Some(row.add_time), row.confirm_time, row.pay_time, facts.last_activity];
    row.order_status != OrderStatus::Unconfirmed && times.into_iter().flatten().all(|time| time <= cutoff)
}

/// Whether the order is confirmed and keeps its reservations.
const fn is_active(row: &OrderRow) -> bool {
    matches!(row.order_status, OrderStatus::Confirmed)
}

/// Whether the order keeps its stock: it is active, or it was shipped before it was refunded.
fn keeps_goods(row: &OrderRow) -> bool {
    is_active(row) || row.shipping_status != ShippingStatus::Unshipped
}

/// The amounts of the order add up.
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

/// An unfinished order has a wake-up time, and the deadline of an unconfirmed order is not before `cutoff`.
fn stuck(row: &OrderRow, now: Timestamp, cutoff: Timestamp) -> Option<String> {
    let unconfirmed = row.order_status == OrderStatus::Unconfirmed;
    let awaits_payment = row.order_status == OrderStatus::Confirmed && row.pay_status != PayStatus::Paid;
    if (unconfirmed || awaits_payment) && row.wake_time.is_none() {
        return Some("is unfinished and without a next wake-up".to_owned());
    }
    (unconfirmed && row.deadline_time < cutoff.min(now)).then(|| "is unconfirmed past its deadline".to_owned())
}

/// The combined state is legal, and timestamps and actions agree with it.
fn status_legal(row: &OrderRow, facts: &Facts) -> Option<String> {
    let state = OrderState { order: row.order_status, pay: row.pay_status, shipping: row.shipping_status };
    let confirmed = match row.order_status {
        OrderStatus::Confirmed | OrderStatus::Refunded => true,
        // An order that was cancelled before its confirmation has a refusal.
        OrderStatus::Cancelled => row.refusal.is_none(),
        OrderStatus::Unconfirmed | OrderStatus::Invalid => false,
    };
    let is_paid = row.pay_status == PayStatus::Paid;
    let shipped = row.shipping_status != ShippingStatus::Unshipped;
    let received = row.shipping_status == ShippingStatus::Received;
    let has_act = |act: &str| facts.acts.contains(act);
    let fits = state.is_legal()
        && row.confirm_time.is_some() == confirmed
        && row.pay_time.is_some() == is_paid
        && (is_paid || row.pay_id.is_none())
        && (has_act("shipped"), has_act("received")) == (shipped, received)
        && has_act("refunded") == (row.order_status == OrderStatus::Refunded)
        && (row.order_status == OrderStatus::Cancelled || !(has_act("cancelled") || has_act("expired")));
    (!fits).then(|| format!("{state:?} does not fit its times and what was done to it"))
}

/// The sum of `amounts`. On overflow it is the largest amount, which exceeds every valid amount.
fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    Money::checked_sum(amounts).unwrap_or(Money::LARGEST)
}

/// Requested and recorded refunds do not exceed the paid amount.
fn refund_bounded(row: &OrderRow, facts: &Facts) -> Option<String> {
    let requested = sum(facts.refunds.iter().copied());
    if requested > row.pay_amount {
        return Some(format!("{requested} were asked back of {}", row.pay_amount));
    }
    let exceeded = facts.payments.iter().find(|payment| refund_total(payment) > payment.pay_amount)?;
    Some(format!("{} go back of payment {} of {}", refund_total(exceeded), exceeded.pay_id, exceeded.pay_amount))
}

/// The sum of the done and pending refunds of a payment.
fn refund_total(payment: &fact::Payment) -> Money {
    sum(payment.refunds.iter().filter(|refund| refund.status != RefundState::Parked).map(|refund| refund.amount))
}

/// A paid payment has an accepted notification, and an accepted notification has changed the payment.
fn notice_kept(payment: &fact::Payment) -> Option<&'static str> {
    match payment.notifications {
        0 if payment.is_paid => Some("is paid, and no notice says so"),
        1.. if payment.is_open => Some("is open, although a notice of it was believed"),
        _ => None,
    }
}

/// A paid payment that does not pay the order is covered by refunds in full; no pending refund is overdue, and each
/// parked refund has a remark.
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
        let handled = sum(payment.refunds.iter().map(|refund| refund.amount));
        if !pays(row, facts, payment) && handled < payment.pay_amount {
            let pay_id = payment.pay_id;
            return Some(format!(
                "does not want payment {pay_id} of {}, of which {} go back",
                payment.pay_amount, handled
            ));
        }
    }
    None
}

/// Whether this payment is the one that pays the order. Rows from before `orders.pay_id` existed do not name it; then
/// it is the only paid payment.
fn pays(row: &OrderRow, facts: &Facts, payment: &fact::Payment) -> bool {
    let is_only = || facts.payments.iter().filter(|payment| payment.is_paid).count() == 1;
    is_active(row)
        && row.pay_status == PayStatus::Paid
        && row.pay_id.map_or_else(is_only, |pay_id| pay_id == payment.pay_id)
}

/// The net of the stock log equals the order's lines if the order keeps its stock, and nothing otherwise.
fn stock(row: &OrderRow, facts: &Facts) -> Option<String> {
    let mut net: BTreeMap<GoodsId, i64> = BTreeMap::new();
    for ((goods_id, direction), number) in &facts.stock {
        let number = if *direction == Direction::Forward { *number } else { -*number };
        *net.entry(*goods_id).or_default() += number;
    }
    net.retain(|_, number| *number != 0);
    let expected: BTreeMap<GoodsId, i64> =
        facts.lines.iter().filter(|_| keeps_goods(row)).map(|(goods_id, (number, _))| (*goods_id, *number)).collect();
    (net != expected).then(|| format!("holds the stock {net:?}, it should hold {expected:?}"))
}

/// The balance log holds `money_paid` if the order is active, and nothing otherwise.
fn money(row: &OrderRow, facts: &Facts) -> Option<String> {
    let amounts = |wanted: Direction| {
        facts.money.iter().filter(move |(direction, ..)| *direction == wanted).map(|(.., money)| *money)
    };
    let (taken, returned) = (sum(amounts(Direction::Forward)), sum(amounts(Direction::Back)));
    let has_other_user = facts.money.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let expected = if is_active(row) { row.money_paid } else { Money::ZERO };
    let wrong = has_other_user
        || taken.checked_sub(returned) != Some(expected)
        || (taken != Money::ZERO && taken != row.money_paid)
        || returned > taken;
    wrong.then(|| format!("took {taken} and gave back {returned} of {}", row.money_paid))
}

/// The coupon is bound to the order if the order is active, and released otherwise.
fn coupon(row: &OrderRow, facts: &Facts) -> Option<String> {
    let expected: Vec<_> = row.coupon_id.into_iter().filter(|_| is_active(row)).collect();
    let bound = facts.coupon_log.iter().any(|(direction, _)| *direction == Direction::Forward);
    let released = facts.coupon_log.iter().any(|(direction, _)| *direction == Direction::Back);
    let log_agrees = if is_active(row) { bound == row.coupon_id.is_some() && !released } else { !bound || released };
    (facts.coupons_bound != expected || !log_agrees)
        .then(|| format!("has the coupons {:?}, it should have {expected:?}", facts.coupons_bound))
}

/// A paid order is paid by exactly one payment of the right amount, and an unpaid order has no paid payment that is not
/// refunded.
fn paid(row: &OrderRow, facts: &Facts) -> Option<String> {
    let paid_payments = || facts.payments.iter().filter(|payment| payment.is_paid);
    let not_logged = paid_payments().find(|payment| !payment.is_logged);
    if let Some(payment) = not_logged {
        return Some(format!("its payment {} is paid and not logged", payment.pay_id));
    }
    // Payments of an inactive order must be refunded, which `dead_money` checks.
    if !is_active(row) {
        return None;
    }
    let paying: Vec<&fact::Payment> = paid_payments().filter(|payment| pays(row, facts, payment)).collect();
    if row.pay_status != PayStatus::Paid {
        let unapplied = paid_payments().find(|payment| refund_total(payment) < payment.pay_amount)?;
        return Some(format!("is not paid, but its payment {} is", unapplied.pay_id));
    }
    let requested = sum(facts.refunds.iter().copied());
    match paying.as_slice() {
        [] if row.pay_amount == Money::ZERO => None,
        [one] if one.pay_amount != row.pay_amount => Some(format!("is paid by {} of {}", one.pay_id, one.pay_amount)),
        [one] if refund_total(one) > requested => {
            Some(format!("is paid by {}, of which more goes back than was asked", one.pay_id))
        }
        [_] => None,
        _ => Some(format!("is paid, by {} payments", paying.len())),
    }
}

/// Points are added once for a paid order and removed once for a refunded one.
fn points(row: &OrderRow, facts: &Facts) -> Option<String> {
    let rows = |wanted: Direction| facts.score.iter().filter(move |(direction, ..)| *direction == wanted);
    let sum = |wanted: Direction| -> i64 { rows(wanted).map(|(.., points)| *points).sum() };
    let has_other_user = facts.score.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let refunded = row.order_status == OrderStatus::Refunded;
    let added = rows(Direction::Forward).count();
    // If the removal arrives first, the points are never added and only the `Back` row exists.
    let expected = usize::from(row.pay_status == PayStatus::Paid && row.pay_amount > Money::ZERO);
    let wrong = has_other_user
        || (added != expected && !(refunded && added == 0))
        || rows(Direction::Back).count() != usize::from(refunded)
        || (refunded && sum(Direction::Forward) != sum(Direction::Back));
    wrong.then(|| format!("has points added {added} times, it should be {expected}, and taken back {refunded}"))
}
