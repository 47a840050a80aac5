//! A refund as WeChat Pay tells of it. "Accepted" is not "done": what it answers first is that it is on its trade_type.

use serde::Deserialize;

use super::account::MerchantAccount;
use super::trade::{fen, fits};
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::{CURRENCY, Money};
use crate::gateway::{Event, Notification, Refund, RefundStatus, WrongRecipient};

/// A refund in an answer.
#[derive(Deserialize)]
pub struct RefundResponse {
    out_trade_no: String,
    out_refund_no: String,
    status: String,
    amount: Amount,
}

/// A refund in a notice, which does not name the application.
#[derive(Deserialize)]
pub struct RefundNotification {
    mchid: String,
    out_trade_no: String,
    transaction_id: String,
    out_refund_no: String,
    refund_status: String,
    amount: Amount,
}

/// `refund` is what goes back in all, `payer_refund` only what the customer sees of it.
#[derive(Deserialize)]
struct Amount {
    total: i64,
    refund: i64,
    currency: Option<String>,
}

impl RefundResponse {
    /// How this refund stands; none where it is not response, or response of another.
    pub fn of_number(self, pay_id: PayId, refund_id: RefundId) -> Option<RefundStatus> {
        if self.out_trade_no != pay_id.to_string() || self.out_refund_no != refund_id.to_string() {
            return None;
        }
        match self.status.as_str() {
            "SUCCESS" => Some(RefundStatus::Done),
            "PROCESSING" => Some(RefundStatus::Pending),
            status => why_not(status).map(RefundStatus::Refused),
        }
    }

    /// The same where all of the refund is known.
    pub fn of(self, refund: &Refund) -> Option<RefundStatus> {
        let Amount { total, refund: back, currency } = &self.amount;
        let is_it = (Money::from_minor(*total), Money::from_minor(*back)) == (refund.paid, refund.amount);
        let is_currency = currency.as_deref().is_none_or(|currency| currency == CURRENCY);
        if is_it && is_currency { self.of_number(refund.pay_id, refund.refund_id) } else { None }
    }
}

impl RefundNotification {
    /// In the shop's words; none where it is not what its notice's `kind` says, or cannot be kept.
    pub fn into_notification(self, account: &MerchantAccount, event_id: String, kind: &str) -> Option<Notification> {
        if self.refund_status != kind || !fits(&self.transaction_id, 64) {
            return None;
        }
        let event = match kind {
            "SUCCESS" => Event::Refunded(self.out_refund_no),
            kind => Event::RefundFailed(self.out_refund_no, why_not(kind)?),
        };
        Some(Notification {
            event_id,
            event,
            out_trade_no: self.out_trade_no,
            trade_no: self.transaction_id,
            amount: fen(self.amount.refund)?,
            currency: self.amount.currency.unwrap_or_else(|| CURRENCY.to_owned()),
            wrong_recipient: (self.mchid != account.merchant_id).then_some(WrongRecipient::Merchant),
        })
    }
}

/// Why a refund will not be made, for who looks after it.
fn why_not(status: &str) -> Option<String> {
    let why = match status {
        "CLOSED" => "WeChat Pay has closed the refund",
        "ABNORMAL" => "the money does not reach the customer: the refund is to be seen to in WeChat Pay's console",
        _ => return None,
    };
    Some(format!("{status}: {why}"))
}
