//! Judges the notifications of platforms. A notification is compared with the stored payment and its refunds, and
//! rejected if they do not match. A refund that the shop did not request is booked: it is a fact.

use super::refund_batch::ForeignRefund;
use super::refund_row::RefundRow;
use super::row::PaymentRow;
use crate::domain::id::RefundId;
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::{IsPaid, RefundState};
use crate::gateway::{self, Notification};
use crate::pay::error::Rejected;

/// Effect of an accepted notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// No effect: the notification is a duplicate, or older than the stored state.
    Nothing,
    /// The payment is paid.
    Pay,
    /// The payment is closed.
    Close,
    /// Refunds of ours are done, and the platform may have made one by itself.
    EndRefunds(Vec<RefundId>, Option<ForeignRefund>),
    /// The notification names a refund, or a part of one, that was found in the platform's sum before.
    NameRefund(RefundId, String),
    /// The platform has refused the refund, for the given reason.
    ParkRefund(RefundId, String),
}

/// Judges a notification of `provider` by the payment that it names and the refunds of that payment.
pub fn judge(
    row: Option<&PaymentRow>,
    refunds: &[RefundRow],
    provider: &str,
    notification: &Notification,
) -> Result<Effect, Rejected> {
    let row = row.filter(|row| row.provider == provider).ok_or(Rejected::UnknownPayment)?;
    if let Some(wrong_recipient) = notification.wrong_recipient {
        return Err(Rejected::WrongRecipient(wrong_recipient));
    }
    if notification.currency != CURRENCY {
        return Err(Rejected::Currency);
    }
    let refunds: Vec<&RefundRow> = refunds.iter().filter(|refund| refund.pay_id == row.pay_id).collect();
    match &notification.event {
        gateway::Event::Paid => paid(row, notification),
        gateway::Event::Closed if notification.amount != row.pay_amount => Err(Rejected::Amount),
        gateway::Event::Closed if row.is_open() => Ok(Effect::Close),
        gateway::Event::Closed => Ok(Effect::Nothing),
        gateway::Event::Refunded(number) => match find_refund(&refunds, number) {
            Some(refund) if refund.amount == notification.amount => {
                Ok(Effect::EndRefunds(vec![refund.refund_id], None))
            }
            Some(_) => Err(Rejected::RefundAmount),
            None => foreign(row, &refunds, number, notification.amount),
        },
        gateway::Event::RefundFailed(number, reason) => {
            let refund = find_refund(&refunds, number).ok_or(Rejected::UnknownRefund)?;
            let amounts_match = refund.amount == notification.amount;
            amounts_match.then(|| Effect::ParkRefund(refund.refund_id, reason.clone())).ok_or(Rejected::RefundAmount)
        }
        gateway::Event::RefundedTotal(number) => total(row, &refunds, number.as_deref(), notification.amount),
    }
}

fn paid(row: &PaymentRow, notification: &Notification) -> Result<Effect, Rejected> {
    match row.trade_no.as_deref().filter(|_| row.is_paid == IsPaid::Yes) {
        _ if notification.amount != row.pay_amount => Err(Rejected::Amount),
        // A closed payment becomes paid too: the platform has received the amount, and Order decides what to do with
        // it.
        None => Ok(Effect::Pay),
        Some(trade_no) if trade_no == notification.trade_no => Ok(Effect::Nothing),
        Some(_) => Err(Rejected::AnotherTrade),
    }
}

fn find_refund<'a>(refunds: &[&'a RefundRow], number: &str) -> Option<&'a RefundRow> {
    let is_named = |refund: &&&RefundRow| refund.foreign_no.is_none() && refund.refund_id.to_string() == number;
    refunds.iter().find(is_named).copied()
}

fn sum_done(refunds: &[&RefundRow]) -> Money {
    let done = refunds.iter().filter(|refund| refund.counts() && refund.status == RefundState::Done);
    Money::checked_sum(done.map(|refund| refund.amount)).unwrap_or(Money::LARGEST)
}

/// Judges one refund that the shop did not request: the platform has made it by itself.
fn foreign(row: &PaymentRow, refunds: &[&RefundRow], number: &str, amount: Money) -> Result<Effect, Rejected> {
    if let Some(known) = refunds.iter().find(|refund| refund.foreign_no.as_deref() == Some(number)) {
        return if known.amount == amount { Ok(Effect::Nothing) } else { Err(Rejected::RefundAmount) };
    }
    if let Some(found) = refunds.iter().find(|refund| refund.unnamed >= amount && amount > Money::ZERO) {
        return Ok(Effect::NameRefund(found.refund_id, number.to_owned()));
    }
    // A refund of ours that was sent may be made too. If both do not fit, the notification is not believed; the platform
    // sends it again, and then the outcome of ours may be known.
    let is_possible =
        |refund: &&&RefundRow| refund.counts() && (refund.status == RefundState::Done || refund.attempts > 0);
    let possible = Money::checked_sum(refunds.iter().filter(is_possible).map(|refund| refund.amount));
    let fits = possible.and_then(|sum| sum.checked_add(amount)).is_some_and(|sum| sum <= row.pay_amount);
    // The notification of the payment may arrive after that of its refund.
    if row.is_paid != IsPaid::Yes || !fits || amount <= Money::ZERO {
        return Err(Rejected::UnknownRefund);
    }
    let found = ForeignRefund { number: number.to_owned(), amount, is_unnamed: false };
    Ok(Effect::EndRefunds(Vec::new(), Some(found)))
}

/// Judges a sum of everything that the platform has given back. `number` is that of its latest refund, if it says so.
/// The part that our own refunds do not explain is a refund that the platform has made by itself.
pub fn total(row: &PaymentRow, refunds: &[&RefundRow], number: Option<&str>, total: Money) -> Result<Effect, Rejected> {
    let named = number.and_then(|number| find_refund(refunds, number));
    let is_sent =
        |refund: &&&RefundRow| refund.counts() && refund.status == RefundState::Pending && refund.attempts > 0;
    let is_named = |refund: &&&RefundRow| named.is_some_and(|named| named.refund_id == refund.refund_id);
    let sent: Vec<&RefundRow> = refunds.iter().filter(|row| is_sent(row) && !is_named(row)).copied().collect();
    let newly_done = named.filter(|refund| refund.status != RefundState::Done);
    let known = sum_done(refunds).checked_add(newly_done.map_or(Money::ZERO, |refund| refund.amount));
    let known = known.ok_or(Rejected::RefundAmount)?;
    let mut done: Vec<RefundId> = named.iter().map(|refund| refund.refund_id).collect();
    let unexplained = total.checked_sub(known).unwrap_or_default();
    if total > row.pay_amount || named.is_some_and(|named| named.amount > total) {
        return Err(Rejected::RefundAmount);
    }
    let is_foreign_known =
        refunds.iter().any(|refund| refund.foreign_no.is_some() && refund.foreign_no.as_deref() == number);
    if unexplained <= Money::ZERO || is_foreign_known {
        // Also an older sum that arrives late.
        return Ok(if done.is_empty() { Effect::Nothing } else { Effect::EndRefunds(done, None) });
    }
    // The notification of the payment may arrive after that of its refund.
    if row.is_paid != IsPaid::Yes {
        return Err(Rejected::UnknownRefund);
    }
    if sent.is_empty() {
        let number = number.filter(|_| named.is_none());
        let is_unnamed = number.is_none();
        let number = number.map_or_else(|| format!("sum_{total}"), str::to_owned);
        return Ok(Effect::EndRefunds(done, Some(ForeignRefund { number, amount: unexplained, is_unnamed })));
    }
    if Money::checked_sum(sent.iter().map(|refund| refund.amount)) == Some(unexplained) {
        done.extend(sent.iter().map(|refund| refund.refund_id));
        return Ok(Effect::EndRefunds(done, None));
    }
    // The outcome of a refund of ours is not known yet, so it is not known either what the sum contains. The platform
    // sends the notification again.
    if done.is_empty() { Err(Rejected::UnknownRefund) } else { Ok(Effect::EndRefunds(done, None)) }
}
