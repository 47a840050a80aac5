//! The payments of an order and their refunds.

use super::{is_active, sum};
use crate::audit::fact::{self, Facts, OrderRow};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::status::{OrderStatus, PayStatus, RefundState};

/// A paid payment has an accepted notification, and an accepted notification has changed the payment.
pub fn notice_kept(payment: &fact::Payment) -> Option<String> {
    match payment.notifications {
        0 if payment.is_paid() => Some("is paid, and no notice says so".to_owned()),
        1.. if payment.is_open() => Some("is open, although a notice of it was believed".to_owned()),
        _ => None,
    }
}

/// A payment is of its order's customer and amount, a request led to it, and its log says the same as its row.
pub fn matches(row: &OrderRow, payment: &fact::Payment) -> Option<String> {
    if payment.user_id != row.user_id {
        return Some(format!("is of user {}, the order is of user {}", payment.user_id, row.user_id));
    }
    if payment.pay_amount != row.pay_amount {
        return Some(format!("is of {}, the order is of {}", payment.pay_amount, row.pay_amount));
    }
    if !payment.is_requested {
        return Some("was never requested".to_owned());
    }
    if payment.trade_no.is_some() != payment.is_paid() || payment.pay_time.is_some() != payment.is_paid() {
        return Some("is paid without a trade number or a time, or has one without being paid".to_owned());
    }
    match payment.log {
        Some(_) if !payment.is_paid() => Some("is logged as paid and is not".to_owned()),
        Some(log) if log != (row.order_id, payment.user_id, payment.pay_amount) => {
            Some(format!("is logged as {} for order {} of user {}", log.2, log.0, log.1))
        }
        _ => None,
    }
}

/// An open payment is listed as open and has a scheduled status query. A closed one has a scheduled status query until it
/// has expired at its platform. A paid one has neither.
pub fn watched(payment: &fact::Payment, now: Timestamp) -> Option<String> {
    let problem = match (payment.is_open(), payment.is_listed_open, payment.is_scheduled) {
        (true, false, _) => "is open and not listed as open",
        (true, true, false) => "is open and its platform will never be asked",
        (false, true, _) => "is final and still listed as open",
        (false, false, true) if payment.is_paid() => "is paid and its platform is still to be asked",
        (false, false, false) if !payment.is_paid() && payment.expire_time.is_some_and(|expires| now < expires) => {
            "is closed, can still be paid at its platform, and its platform will never be asked"
        }
        (true, true, true) | (false, false, _) => return None,
    };
    Some(problem.to_owned())
}

/// Requested and recorded refunds do not exceed the paid amount. A refund that is under way may exceed it only if the
/// platform has made one by itself: then it is refused or parked.
pub fn refund_bounded(row: &OrderRow, facts: &Facts) -> Option<String> {
    let has_foreign = facts.refunds.iter().any(|refund| refund.is_foreign);
    let is_bound = |refund: &&fact::RefundRequest| {
        if has_foreign { refund.status == RefundState::Done } else { refund.counts() }
    };
    let requested = sum(facts.refunds.iter().filter(is_bound).map(|refund| refund.amount));
    if requested > row.pay_amount {
        return Some(format!("{requested} were asked back of {}", row.pay_amount));
    }
    let exceeded = facts.payments.iter().find(|payment| refund_total(payment) > payment.pay_amount)?;
    Some(format!("{} go back of payment {} of {}", refund_total(exceeded), exceeded.pay_id, exceeded.pay_amount))
}

/// The sum of the done and pending refunds of a payment; without the pending ones if the platform has made a refund by
/// itself.
fn refund_total(payment: &fact::Payment) -> Money {
    let has_foreign = payment.refunds.iter().any(|refund| refund.is_foreign);
    let counts = |refund: &&fact::Refund| match refund.status {
        RefundState::Done => true,
        RefundState::Pending => !has_foreign,
        RefundState::Parked | RefundState::Dismissed => false,
    };
    sum(payment.refunds.iter().filter(counts).map(|refund| refund.amount))
}

/// A paid payment that does not pay the order is covered by refunds in full; no pending refund is forgotten, and each
/// parked refund has a remark.
pub fn dead_money(row: &OrderRow, facts: &Facts) -> Option<String> {
    for payment in facts.payments.iter().filter(|payment| payment.is_paid()) {
        let forgotten = |refund: &fact::Refund| match refund.status {
            RefundState::Pending => refund.is_forgotten,
            RefundState::Parked => refund.remark.is_none(),
            RefundState::Done | RefundState::Dismissed => false,
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

/// Each requested refund is recorded with its amount and its status, an order is refunded if and only if all that was
/// paid is back, and the payment of the order has no refund that Order does not know.
pub fn refund_made(row: &OrderRow, facts: &Facts) -> Option<String> {
    let recorded = || facts.payments.iter().flat_map(|payment| payment.refunds.iter());
    let record_of = |request: &fact::RefundRequest| {
        let same = |refund: &&fact::Refund| refund.refund_id == request.refund_id && refund.amount == request.amount;
        recorded().find(same)
    };
    for request in facts.refunds.iter().filter(|request| request.amount > Money::ZERO) {
        let (refund_id, amount) = (request.refund_id, request.amount);
        match record_of(request) {
            None => return Some(format!("its refund {refund_id} of {amount} was requested and never made")),
            Some(refund) if refund.status != request.status && !request.is_of_earlier_release() => {
                return Some(format!(
                    "its refund {refund_id} is {:?}, Order has it as {:?}",
                    refund.status, request.status
                ));
            }
            Some(_) => {}
        }
    }
    let done = facts.refunds.iter().filter(|refund| refund.status == RefundState::Done);
    let done = sum(done.map(|refund| refund.amount));
    let is_refunded = row.order_status == OrderStatus::Refunded;
    // Earlier releases refunded an order when its refund was requested; such a refund may have been parked since.
    let was_refunded_early = is_refunded && !facts.acts.iter().any(|act| act.act == "refund_requested");
    if is_refunded && done != row.pay_amount && !was_refunded_early {
        return Some(format!("is refunded, and {done} of {} are back", row.pay_amount));
    }
    if !is_refunded && row.pay_amount > Money::ZERO && done >= row.pay_amount {
        return Some(format!("is not refunded, and {done} of {} are back", row.pay_amount));
    }
    let paying = facts.payments.iter().find(|payment| row.pay_id == Some(payment.pay_id))?;
    let is_requested =
        |refund: &&fact::Refund| facts.refunds.iter().any(|request| request.refund_id == refund.refund_id);
    let unrequested = paying.refunds.iter().find(|refund| !is_requested(refund))?;
    Some(format!("its refund {} of {} was made and never requested", unrequested.refund_id, unrequested.amount))
}

/// A paid order is paid by exactly one payment of the right amount, and an unpaid order has no paid payment that is not
/// refunded, and says whether a payment is open.
pub fn paid(row: &OrderRow, facts: &Facts) -> Option<String> {
    let paid_payments = || facts.payments.iter().filter(|payment| payment.is_paid());
    let not_logged = paid_payments().find(|payment| payment.log.is_none());
    if let Some(payment) = not_logged {
        return Some(format!("its payment {} is paid and not logged", payment.pay_id));
    }
    // Payments of an inactive order must be refunded, which `dead_money` checks.
    if !is_active(row) {
        return None;
    }
    let paying: Vec<&fact::Payment> = paid_payments().filter(|payment| pays(row, facts, payment)).collect();
    if row.pay_status != PayStatus::Paid {
        let unapplied = paid_payments().find(|payment| refund_total(payment) < payment.pay_amount);
        let unapplied = unapplied.map(|payment| format!("is not paid, but its payment {} is", payment.pay_id));
        return unapplied.or_else(|| being_paid(row, facts));
    }
    let requested = sum(facts.refunds.iter().filter(|refund| refund.counts()).map(|refund| refund.amount));
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

/// An unpaid order says that it is being paid if and only if one of its payments is open. A start that has not reached Pay
/// may still lead to a payment, and orders of earlier releases did not count their starts.
fn being_paid(row: &OrderRow, facts: &Facts) -> Option<String> {
    let open = facts.payments.iter().find(|payment| payment.is_open());
    let latest = facts.payments.iter().map(|payment| payment.start_no).max();
    let has_arrived = row.pay_starts > 0 && latest.is_some_and(|latest| latest >= row.pay_starts);
    match (row.pay_status, open) {
        (PayStatus::Unpaid, Some(open)) => Some(format!("is not being paid, but its payment {} is open", open.pay_id)),
        (PayStatus::Paying, None) if has_arrived => Some("is being paid, but none of its payments is open".to_owned()),
        _ => None,
    }
}

/// Whether this payment is the one that pays the order. Rows from before `orders.pay_id` existed do not name it; then
/// it is the only paid payment.
fn pays(row: &OrderRow, facts: &Facts, payment: &fact::Payment) -> bool {
    let is_only = || facts.payments.iter().filter(|payment| payment.is_paid()).count() == 1;
    is_active(row)
        && row.pay_status == PayStatus::Paid
        && row.pay_id.map_or_else(is_only, |pay_id| pay_id == payment.pay_id)
}
