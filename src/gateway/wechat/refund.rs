//! A refund in WeChat Pay's responses and notifications. The first response usually says that the refund is accepted
//! (`PROCESSING`), not that it is made.

use serde::Deserialize;

use super::account::MerchantAccount;
use super::trade::fen;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::{CURRENCY, Money};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Event, Notification, Refund, RefundStatus, WrongRecipient};

/// A refund in a response.
#[derive(Deserialize)]
pub struct RefundResponse {
    out_trade_no: String,
    out_refund_no: String,
    status: String,
    amount: Amount,
}

/// A refund in a notification, which does not contain the `appid`.
#[derive(Deserialize)]
pub struct RefundNotification {
    mchid: String,
    out_trade_no: String,
    transaction_id: String,
    out_refund_no: String,
    refund_status: String,
    amount: Amount,
}

/// Amounts in fen. `refund` is the whole refund; `payer_refund`, the part that the customer receives, is not parsed.
#[derive(Deserialize)]
struct Amount {
    total: i64,
    refund: i64,
    currency: Option<String>,
}

impl RefundResponse {
    /// The status of the refund `refund_id`; `None` if this refund is another one or its status is unknown.
    pub fn status_by_id(self, pay_id: PayId, refund_id: RefundId) -> Option<RefundStatus> {
        if self.out_trade_no != pay_id.to_string() || self.out_refund_no != refund_id.to_string() {
            return None;
        }
        match self.status.as_str() {
            "SUCCESS" => Some(RefundStatus::Done),
            "PROCESSING" => Some(RefundStatus::Pending),
            status => failure_reason(status).map(RefundStatus::Refused),
        }
    }

    /// The status of `refund`; `None` if the amounts, the currency or the ids differ, or the status is unknown.
    pub fn status_of(self, refund: &Refund) -> Option<RefundStatus> {
        let Amount { total, refund: refunded, currency } = &self.amount;
        let same_amounts = (Money::from_minor(*total), Money::from_minor(*refunded)) == (refund.paid, refund.amount);
        let same_currency = currency.as_deref().is_none_or(|currency| currency == CURRENCY);
        if same_amounts && same_currency { self.status_by_id(refund.pay_id, refund.refund_id) } else { None }
    }
}

impl RefundNotification {
    /// Converts to a [`Notification`]. `kind` is the last part of the event type. `None` if `kind` differs from the
    /// status or a value is invalid.
    pub fn into_notification(self, account: &MerchantAccount, event_id: String, kind: &str) -> Option<Notification> {
        let is_storable = |number: &str| is_printable_ascii(number, EVENT_ID_LENGTH_MAX);
        if self.refund_status != kind || !is_storable(&self.transaction_id) || !is_storable(&self.out_refund_no) {
            return None;
        }
        let event = match kind {
            "SUCCESS" => Event::Refunded(self.out_refund_no),
            kind => Event::RefundFailed(self.out_refund_no, failure_reason(kind)?),
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

/// The reason for which a refund failed, as operators see it; `None` if `status` is not a failure.
fn failure_reason(status: &str) -> Option<String> {
    let why = match status {
        "CLOSED" => "WeChat Pay has closed the refund",
        "ABNORMAL" => "the money does not reach the customer: the refund is to be seen to in WeChat Pay's console",
        _ => return None,
    };
    Some(format!("{status}: {why}"))
}
