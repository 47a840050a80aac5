//! The row of an order: its amounts, its state, its next wake-up.

use super::Moment;
use crate::audit::fact::{Facts, OrderRow};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};

/// The amounts of the order add up.
pub fn arithmetic(row: &OrderRow, facts: &Facts) -> Option<String> {
    let lines =
        facts.lines.values().try_fold(Money::ZERO, |sum, (number, price)| sum.checked_add(price.checked_mul(*number)?));
    let order_amount = row.goods_amount.checked_add(row.shipping_fee);
    let pay_amount = row.order_amount.checked_sub(row.coupon_paid).and_then(|left| left.checked_sub(row.money_paid));
    let fits = lines == Some(row.goods_amount)
        && order_amount == Some(row.order_amount)
        && pay_amount == Some(row.pay_amount)
        && row.pay_amount >= Money::ZERO;
    if !fits {
        return Some("its amounts do not add up".to_owned());
    }
    coupon_amount(row, facts)
}

/// The amount that a coupon covers is the coupon's price, at most the whole order; without a coupon it is zero. An order
/// that was refused at once may name a coupon that does not exist.
fn coupon_amount(row: &OrderRow, facts: &Facts) -> Option<String> {
    if row.order_status == OrderStatus::Invalid {
        return None;
    }
    let expected = match (row.coupon_id, &facts.coupon) {
        (None, _) => Money::ZERO,
        (Some(_), Some(coupon)) => coupon.price.min(row.order_amount),
        (Some(coupon_id), None) => return Some(format!("its coupon {coupon_id} does not exist")),
    };
    (row.coupon_paid != expected).then(|| format!("its coupon covers {}, it should cover {expected}", row.coupon_paid))
}

/// An unfinished order has a wake-up time, and the deadline of an unconfirmed order is not before `cutoff`.
pub fn stuck(row: &OrderRow, moment: Moment) -> Option<String> {
    let unconfirmed = row.order_status == OrderStatus::Unconfirmed;
    let awaits_payment = row.order_status == OrderStatus::Confirmed && row.pay_status != PayStatus::Paid;
    if (unconfirmed || awaits_payment) && row.wake_time.is_none() {
        return Some("is unfinished and without a next wake-up".to_owned());
    }
    (unconfirmed && row.deadline_time < moment.cutoff.min(moment.now))
        .then(|| "is unconfirmed past its deadline".to_owned())
}

/// The combined state is legal, and timestamps and actions agree with it.
pub fn status_legal(row: &OrderRow, facts: &Facts) -> Option<String> {
    let state = OrderState { order: row.order_status, pay: row.pay_status, shipping: row.shipping_status };
    let confirmed = match row.order_status {
        OrderStatus::Confirmed | OrderStatus::Refunded => true,
        // An order that was cancelled before its confirmation has a refusal.
        OrderStatus::Cancelled => row.refusal.is_none(),
        OrderStatus::Unconfirmed | OrderStatus::Invalid => false,
    };
    let is_paid = row.pay_status == PayStatus::Paid;
    let shipped = row.shipping_status != ShippingStatus::Unshipped;
    let has_parcel = row.carrier.is_some() || row.tracking_no.is_some();
    let received = row.shipping_status == ShippingStatus::Received;
    let has_act = |act: &str| facts.acts.iter().any(|entry| entry.act == act);
    let fits = state.is_legal()
        && row.confirm_time.is_some() == confirmed
        && row.pay_time.is_some() == is_paid
        && (is_paid || row.pay_id.is_none())
        && (shipped || !has_parcel)
        && (has_act("shipped"), has_act("received")) == (shipped, received)
        && has_act("refunded") == (row.order_status == OrderStatus::Refunded)
        // An order that was cancelled after its confirmation says by whom.
        && (has_act("cancelled") || has_act("expired")) == (row.order_status == OrderStatus::Cancelled && confirmed);
    (!fits).then(|| format!("{state:?} does not fit its times and what was done to it"))
}
