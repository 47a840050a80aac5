//! The reservations of an order with Goods, Coupon and User, and its points.

use std::collections::BTreeMap;

use super::{is_active, keeps_goods, sum};
use crate::audit::fact::{Facts, OrderRow, RefundRequest};
use crate::domain::id::{GoodsId, RefundId};
use crate::domain::money::Money;
use crate::domain::points::points_back;
use crate::domain::status::{CouponUse, Direction, OrderStatus, PayStatus, RefundState};

/// The net of the stock log equals the order's lines, less what went back with refunds, if the order keeps its stock, and
/// nothing otherwise. An order that was ever confirmed has taken its lines.
pub fn stock(row: &OrderRow, facts: &Facts) -> Option<String> {
    let mut net: BTreeMap<GoodsId, i64> = BTreeMap::new();
    for ((goods_id, direction), number) in &facts.stock {
        let number = if *direction == Direction::Forward { *number } else { -*number };
        *net.entry(*goods_id).or_default() += number;
    }
    for (_, goods_id, number) in &facts.stock_parts {
        *net.entry(*goods_id).or_default() -= number;
    }
    net.retain(|_, number| *number != 0);
    let back = returned(facts);
    let kept = |(goods_id, (number, _)): (&GoodsId, &(i64, Money))| {
        let back = back.get(goods_id).copied().unwrap_or(0);
        (*goods_id, number.saturating_sub(back).max(0))
    };
    let mut expected: BTreeMap<GoodsId, i64> = facts.lines.iter().filter(|_| keeps_goods(row)).map(kept).collect();
    expected.retain(|_, number| *number != 0);
    if net != expected {
        return Some(format!("holds the stock {net:?}, it should hold {expected:?}"));
    }
    let taken = |goods_id: &GoodsId| facts.stock.get(&(*goods_id, Direction::Forward));
    let differs = |(goods_id, (number, _)): &(&GoodsId, &(i64, Money))| taken(goods_id) != Some(number);
    let (goods_id, (number, _)) = facts.lines.iter().filter(|_| row.confirm_time.is_some()).find(differs)?;
    Some(format!("took {:?} of product {goods_id}, its line says {number}", taken(goods_id)))
}

/// The units that refunds have given back: those of refunds that are done.
fn returned(facts: &Facts) -> BTreeMap<GoodsId, i64> {
    let is_done = |wanted: RefundId| {
        facts.refunds.iter().any(|refund| refund.refund_id == wanted && refund.status == RefundState::Done)
    };
    let mut back = BTreeMap::new();
    for (_, goods_id, number) in facts.returns.iter().filter(|(refund_id, ..)| is_done(*refund_id)) {
        *back.entry(*goods_id).or_default() += number;
    }
    back
}

/// No refund gives back more units than it says, or units of an unknown refund, and all together are no more than the
/// lines of the order. The journal has an entry for each.
pub fn returns(facts: &Facts) -> Option<String> {
    for (refund_id, goods_id, number) in &facts.stock_parts {
        let said = facts.returns.iter().find(|(id, goods, _)| (id, goods) == (refund_id, goods_id));
        if said.is_none_or(|(.., said)| number > said) {
            return Some(format!(
                "gave back {number} of product {goods_id} with refund {refund_id}, which does not say so"
            ));
        }
    }
    let is_known = |wanted: &RefundId| facts.refunds.iter().any(|refund| refund.refund_id == *wanted);
    if let Some((refund_id, ..)) = facts.returns.iter().find(|(refund_id, ..)| !is_known(refund_id)) {
        return Some(format!("gives units back with refund {refund_id}, which was not requested"));
    }
    let noted = facts.acts.iter().filter(|act| act.act == "goods_returned").count();
    let returns = facts.returns.len();
    (noted != returns).then(|| format!("its journal has {noted} returns of goods, and there are {returns}"))
}

/// The balance log holds `money_paid` if the order is active, and nothing otherwise. An order that was ever confirmed has
/// taken it.
pub fn money(row: &OrderRow, facts: &Facts) -> Option<String> {
    let amounts = |wanted: Direction| {
        facts.money.iter().filter(move |(direction, ..)| *direction == wanted).map(|(.., money)| *money)
    };
    let (taken, returned) = (sum(amounts(Direction::Forward)), sum(amounts(Direction::Back)));
    let has_other_user = facts.money.iter().any(|(_, user_id, _)| *user_id != row.user_id);
    let expected = if is_active(row) { row.money_paid } else { Money::ZERO };
    let wrong = has_other_user
        || taken.checked_sub(returned) != Some(expected)
        || (taken != Money::ZERO && taken != row.money_paid)
        || (row.confirm_time.is_some() && taken != row.money_paid)
        || returned > taken;
    wrong.then(|| format!("took {taken} and gave back {returned} of {}", row.money_paid))
}

/// The coupon is bound to the order if the order is active, and released otherwise. It is the customer's own, and it is
/// used exactly while it is bound.
pub fn coupon(row: &OrderRow, facts: &Facts) -> Option<String> {
    let expected: Vec<_> = row.coupon_id.into_iter().filter(|_| is_active(row)).collect();
    let was_bound = facts.coupon_log.iter().any(|(direction, _)| *direction == Direction::Forward);
    let was_released = facts.coupon_log.iter().any(|(direction, _)| *direction == Direction::Back);
    let has_coupon = row.coupon_id.is_some();
    let log_agrees = match row.confirm_time {
        Some(_) => was_bound == has_coupon && was_released == (has_coupon && !is_active(row)),
        None => !was_bound || was_released,
    };
    if facts.coupons_bound != expected || !log_agrees {
        return Some(format!("has the coupons {:?}, it should have {expected:?}", facts.coupons_bound));
    }
    let coupon = facts.coupon.as_ref().filter(|_| was_bound)?;
    if coupon.user_id != row.user_id {
        return Some(format!("its coupon {} is of user {}", coupon.coupon_id, coupon.user_id));
    }
    let is_consistent = (coupon.is_used == CouponUse::Used) == coupon.order_id.is_some();
    (!is_consistent).then(|| format!("its coupon {} is used without an order, or unused with one", coupon.coupon_id))
}

/// Points are added once for a paid order, removed in proportion with each part refund, and removed in full once for a
/// refunded order.
pub fn points(row: &OrderRow, facts: &Facts) -> Option<String> {
    let rows = |wanted: Direction| facts.score.iter().filter(move |(direction, ..)| *direction == wanted);
    let total = |wanted: Direction| -> i64 { rows(wanted).map(|(.., points)| *points).sum() };
    let parts: i64 = facts.score_parts.iter().map(|(_, points)| *points).sum();
    let mut users = facts.score.iter().map(|(_, user_id, _)| user_id).chain(facts.score_parts.iter().map(|(id, _)| id));
    let has_other_user = users.any(|user_id| *user_id != row.user_id);
    let refunded = row.order_status == OrderStatus::Refunded;
    let added = rows(Direction::Forward).count();
    // If the removal arrives first, the points are never added and only the `Back` row exists.
    let expected = usize::from(row.pay_status == PayStatus::Paid && row.pay_amount > Money::ZERO);
    let wrong = has_other_user
        || (added != expected && !(refunded && added == 0))
        || rows(Direction::Back).count() != usize::from(refunded)
        || (refunded && total(Direction::Forward) != total(Direction::Back) + parts);
    if wrong {
        return Some(format!("has points added {added} times, it should be {expected}, and taken back {refunded}"));
    }
    // Part refunds of earlier releases took no points back.
    if refunded || facts.refunds.iter().any(RefundRequest::is_of_earlier_release) {
        return None;
    }
    let done = facts.refunds.iter().filter(|refund| refund.status == RefundState::Done);
    let back = points_back(total(Direction::Forward), sum(done.map(|refund| refund.amount)), row.pay_amount);
    (parts != back).then(|| format!("took {parts} points back with its part refunds, it should be {back}"))
}
