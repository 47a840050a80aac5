//! What a platform's notice means for our books: it is compared with our rows, and believed in nothing they do not bear
//! out.

use super::refund::RefundRow;
use super::row::Row;
use crate::domain::id::RefundId;
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::IsPaid;
use crate::gateway::{Event, Notification};
use crate::pay::error::Rejected;

/// What an accepted notice changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it is known, or older than what is known.
    Nothing,
    /// The payment is paid.
    Pay,
    /// The payment is closed.
    Close,
    /// Refunds are done.
    EndRefunds(Vec<RefundId>),
    /// The refund will not be made, for this reason.
    ParkRefund(RefundId, String),
}

/// Judges a notice of `provider` by the payment it names and that payment's refunds.
pub fn judge(
    row: Option<&Row>,
    refunds: &[RefundRow],
    provider: &str,
    notice: &Notification,
) -> Result<Effect, Rejected> {
    let row = row.filter(|row| row.provider == provider).ok_or(Rejected::UnknownPayment)?;
    if let Some(wrong_recipient) = notice.wrong_recipient {
        return Err(Rejected::WrongRecipient(wrong_recipient));
    }
    if notice.currency != CURRENCY {
        return Err(Rejected::Currency);
    }
    let ours: Vec<&RefundRow> = refunds.iter().filter(|refund| refund.pay_id == row.pay_id).collect();
    match &notice.event {
        Event::Paid => paid(row, notice),
        Event::Closed if notice.amount != row.pay_amount => Err(Rejected::Amount),
        Event::Closed if row.is_open() => Ok(Effect::Close),
        Event::Closed => Ok(Effect::Nothing),
        Event::Refunded(number) => {
            let refund = numbered(&ours, number)?;
            let is_its_amount = refund.amount == notice.amount;
            is_its_amount.then(|| Effect::EndRefunds(vec![refund.refund_id])).ok_or(Rejected::RefundAmount)
        }
        Event::RefundFailed(number, why) => {
            let refund = numbered(&ours, number)?;
            let is_its_amount = refund.amount == notice.amount;
            is_its_amount.then(|| Effect::ParkRefund(refund.refund_id, why.clone())).ok_or(Rejected::RefundAmount)
        }
        Event::RefundedInAll(Some(number)) => {
            let refund = numbered(&ours, number)?;
            let is_possible = refund.amount <= notice.amount && notice.amount <= row.pay_amount;
            is_possible.then(|| Effect::EndRefunds(vec![refund.refund_id])).ok_or(Rejected::RefundAmount)
        }
        Event::RefundedInAll(None) => all_of(&ours, notice.amount),
    }
}

fn paid(row: &Row, notice: &Notification) -> Result<Effect, Rejected> {
    match row.trade_no.as_deref().filter(|_| row.is_paid == IsPaid::Yes) {
        _ if notice.amount != row.pay_amount => Err(Rejected::Amount),
        // Also where it is closed: the money is there, and what becomes of it is its order's to say.
        None => Ok(Effect::Pay),
        Some(trade_no) if trade_no == notice.trade_no => Ok(Effect::Nothing),
        Some(_) => Err(Rejected::AnotherTrade),
    }
}

fn numbered<'a>(refunds: &[&'a RefundRow], number: &str) -> Result<&'a RefundRow, Rejected> {
    let named = refunds.iter().find(|refund| refund.refund_id.to_string() == number);
    named.copied().ok_or(Rejected::UnknownRefund)
}

/// Where no number is told, it must be all we asked for that went back.
fn all_of(refunds: &[&RefundRow], back: Money) -> Result<Effect, Rejected> {
    let asked = || refunds.iter().filter(|refund| !refund.is_parked());
    let sum = asked().try_fold(Money::ZERO, |sum, refund| sum.checked_add(refund.amount));
    let ids = asked().map(|refund| refund.refund_id).collect();
    (sum == Some(back)).then_some(Effect::EndRefunds(ids)).ok_or(Rejected::UnknownRefund)
}
