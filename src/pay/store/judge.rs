//! Judges the notifications of platforms. A notification is compared with the stored payment and its refunds, and
//! rejected if they do not match.

use super::refund::RefundRow;
use super::row::PaymentRow;
use crate::domain::id::RefundId;
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::IsPaid;
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
    /// Refunds are done.
    EndRefunds(Vec<RefundId>),
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
        gateway::Event::Refunded(number) => {
            let refund = find_refund(&refunds, number)?;
            let amounts_match = refund.amount == notification.amount;
            amounts_match.then(|| Effect::EndRefunds(vec![refund.refund_id])).ok_or(Rejected::RefundAmount)
        }
        gateway::Event::RefundFailed(number, reason) => {
            let refund = find_refund(&refunds, number)?;
            let amounts_match = refund.amount == notification.amount;
            amounts_match.then(|| Effect::ParkRefund(refund.refund_id, reason.clone())).ok_or(Rejected::RefundAmount)
        }
        gateway::Event::RefundedTotal(Some(number)) => {
            let refund = find_refund(&refunds, number)?;
            let is_plausible = refund.amount <= notification.amount && notification.amount <= row.pay_amount;
            is_plausible.then(|| Effect::EndRefunds(vec![refund.refund_id])).ok_or(Rejected::RefundAmount)
        }
        gateway::Event::RefundedTotal(None) => all_refunds(&refunds, notification.amount),
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

fn find_refund<'a>(refunds: &[&'a RefundRow], number: &str) -> Result<&'a RefundRow, Rejected> {
    let found = refunds.iter().find(|refund| refund.refund_id.to_string() == number);
    found.copied().ok_or(Rejected::UnknownRefund)
}

/// Judges a total without the id of a refund: it must be the sum of all refunds that are not parked.
fn all_refunds(refunds: &[&RefundRow], total: Money) -> Result<Effect, Rejected> {
    let requested = || refunds.iter().filter(|refund| !refund.is_parked());
    let sum = requested().try_fold(Money::ZERO, |sum, refund| sum.checked_add(refund.amount));
    let ids = requested().map(|refund| refund.refund_id).collect();
    (sum == Some(total)).then_some(Effect::EndRefunds(ids)).ok_or(Rejected::UnknownRefund)
}
