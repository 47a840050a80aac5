//! A payment as WeChat Pay tells of it, in answers and in notices.

use serde::Deserialize;

use super::account::MerchantAccount;
use crate::domain::id::PayId;
use crate::domain::money::Money;
use crate::gateway::{Charge, PaymentStatus, WrongRecipient};

/// Our column takes so many characters, with `asked_` before them too. WeChat Pay's numbers have 28.
const TRADE_NO_MAX: usize = 58;

/// A payment. Members that decide nothing are left out, who paid among them; one that is there twice is refused.
#[derive(Deserialize)]
pub struct Trade {
    mchid: String,
    appid: String,
    /// Our number, as WeChat Pay says it.
    pub out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: String,
    amount: Option<Amount>,
}

/// `total` is what was asked for; `payer_total` is less where WeChat Pay paid a part, and says nothing about us.
#[derive(Deserialize)]
struct Amount {
    total: Option<i64>,
    currency: Option<String>,
}

impl Trade {
    /// Whether it is paid, and nothing else.
    pub fn is_success(&self) -> bool {
        self.trade_state == "SUCCESS"
    }

    /// How our payment stands; none where it is not response, or is response of another.
    pub fn payment_status(self, account: &MerchantAccount, pay_id: PayId) -> Option<PaymentStatus> {
        if self.out_trade_no != pay_id.to_string() {
            return None;
        }
        match self.trade_state.as_str() {
            // What was paid stays paid, whatever went back since.
            "SUCCESS" | "REFUND" => self.charge(account).map(PaymentStatus::Paid),
            _ if self.wrong_recipient(account).is_some() => None,
            "NOTPAY" | "USERPAYING" | "PAYERROR" => Some(PaymentStatus::Unpaid),
            "CLOSED" | "REVOKED" => Some(PaymentStatus::Closed),
            _ => None,
        }
    }

    /// What the customer was charged; none where it is not response.
    pub fn charge(self, account: &MerchantAccount) -> Option<Charge> {
        let wrong_recipient = self.wrong_recipient(account);
        let amount = self.amount?;
        Some(Charge {
            trade_no: self.transaction_id.filter(|number| fits(number, TRADE_NO_MAX))?,
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

/// An amount in fen.
pub fn fen(amount: i64) -> Option<Money> {
    (amount >= 0).then_some(Money::from_minor(amount))
}

/// Whether a name of WeChat Pay's can be kept as it is.
pub fn fits(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}
