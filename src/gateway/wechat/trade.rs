//! A payment in WeChat Pay's responses and notifications.

use serde::Deserialize;

use super::account::MerchantAccount;
use crate::domain::id::PayId;
use crate::domain::money::Money;
use crate::gateway::text::{TRADE_NO_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Charge, GivenBack, PaymentStatus, WrongRecipient};

/// A payment. Only the members that are used are parsed; the payer is not. A repeated member is an error.
#[derive(Deserialize)]
pub struct Trade {
    mchid: String,
    appid: String,
    /// Our id of the payment, as reported by WeChat Pay.
    pub out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: String,
    amount: Option<Amount>,
}

/// The amount due, `total`, in fen. `payer_total` is not parsed: it is lower if WeChat Pay paid a part, which does not
/// concern the shop.
#[derive(Deserialize)]
struct Amount {
    total: Option<i64>,
    currency: Option<String>,
}

impl Trade {
    /// Whether the state is `SUCCESS`: paid and not refunded.
    pub fn is_success(&self) -> bool {
        self.trade_state == "SUCCESS"
    }

    /// The status of the payment `pay_id`; `None` if this payment is another one, or its state is unknown or
    /// incomplete.
    pub fn payment_status(self, account: &MerchantAccount, pay_id: PayId) -> Option<PaymentStatus> {
        if self.out_trade_no != pay_id.to_string() {
            return None;
        }
        match self.trade_state.as_str() {
            // A payment stays paid after refunds.
            "SUCCESS" | "REFUND" => self.charge(account).map(PaymentStatus::Paid),
            _ if self.wrong_recipient(account).is_some() => None,
            "NOTPAY" | "USERPAYING" | "PAYERROR" => Some(PaymentStatus::Unpaid),
            "CLOSED" | "REVOKED" => Some(PaymentStatus::Closed),
            _ => None,
        }
    }

    /// The money that was given back of the payment `pay_id`.
    pub fn given_back(&self, pay_id: PayId) -> GivenBack {
        match self.trade_state.as_str() {
            _ if self.out_trade_no != pay_id.to_string() => GivenBack::NotReported,
            "REFUND" => GivenBack::Something,
            "SUCCESS" => GivenBack::Sum(Money::ZERO),
            _ => GivenBack::NotReported,
        }
    }

    /// The charge; `None` if the amount or the trade id is missing or invalid.
    pub fn charge(self, account: &MerchantAccount) -> Option<Charge> {
        let wrong_recipient = self.wrong_recipient(account);
        let amount = self.amount?;
        Some(Charge {
            trade_no: self.transaction_id.filter(|id| is_printable_ascii(id, TRADE_NO_LENGTH_MAX))?,
            amount: fen(amount.total?)?,
            currency: amount.currency?,
            wrong_recipient,
        })
    }

    fn wrong_recipient(&self, account: &MerchantAccount) -> Option<WrongRecipient> {
        if self.mchid != account.merchant_id {
            return Some(WrongRecipient::Merchant);
        }
        (self.appid != account.app_id).then_some(WrongRecipient::App)
    }
}

/// Converts an amount in fen; `None` if it is negative.
pub fn fen(amount: i64) -> Option<Money> {
    (amount >= 0).then_some(Money::from_minor(amount))
}
