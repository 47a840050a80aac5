//! The bodies of requests.

use std::time::Duration;

use serde::Serialize;

use super::account::MerchantAccount;
use crate::domain::clock::Timestamp;
use crate::domain::money::CURRENCY;
use crate::domain::text;
use crate::gateway::{Purchase, Refund};

/// WeChat Pay wants a minute until a payment ends, by its own clock, when the request has come to it. This much later
/// than the payment is to end, its end is far enough whenever it is started, and the same each time it is.
const ENDS_LATER_BY: Duration = Duration::from_secs(75);
/// WeChat Pay takes so many bytes of a refund's reason.
const REASON_BYTES_MAX: usize = 80;

/// Starts a payment. The same number again must come with the same of everything.
#[derive(Serialize)]
pub struct Prepay<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: String,
    time_expire: String,
    notify_url: String,
    amount: Total,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer<'a>>,
}

#[derive(Serialize)]
struct Total {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Payer<'a> {
    openid: &'a str,
}

impl<'a> Prepay<'a> {
    /// For this purchase, told of at `notify_url`; `payer` only where the trade_type to pay needs one.
    pub fn new(
        account: &'a MerchantAccount,
        purchase: &Purchase,
        payer: Option<&'a text::Payer>,
        notify_url: String,
    ) -> Self {
        Self {
            appid: &account.app_id,
            mchid: &account.merchant_id,
            description: account.description(purchase.pay_id),
            out_trade_no: purchase.pay_id.to_string(),
            time_expire: time_expire(purchase.closes_at),
            notify_url,
            amount: Total { total: purchase.amount.minor(), currency: CURRENCY },
            payer: payer.map(|payer| Payer { openid: payer.as_str() }),
        }
    }
}

/// Closes a payment.
#[derive(Serialize)]
pub struct Close<'a> {
    /// The merchant's number.
    pub mchid: &'a str,
}

/// Gives money back. The same number again must come with the same of everything.
#[derive(Serialize)]
pub struct RefundRequest<'a> {
    out_trade_no: String,
    out_refund_no: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    notify_url: String,
    amount: Amount,
}

#[derive(Serialize)]
struct Amount {
    refund: i64,
    total: i64,
    currency: &'static str,
}

impl<'a> RefundRequest<'a> {
    /// For this refund, told of at `notify_url`.
    pub fn new(refund: &'a Refund, notify_url: String) -> Self {
        Self {
            out_trade_no: refund.pay_id.to_string(),
            out_refund_no: refund.refund_id.to_string(),
            reason: start(&refund.reason, REASON_BYTES_MAX),
            notify_url,
            amount: Amount { refund: refund.amount.minor(), total: refund.paid.minor(), currency: CURRENCY },
        }
    }
}

/// When a payment ends, as WeChat Pay reads it: Chinese time, without fractions of seconds. It has nothing of now in it:
/// the shop closes it in time by itself, and to start it again takes the same words.
fn time_expire(closes_at: Timestamp) -> String {
    let at = closes_at.plus(ENDS_LATER_BY).unix_seconds();
    let at = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::MAX);
    format!("{}+08:00", jiff::tz::Offset::constant(8).to_datetime(at))
}

/// The beginning of a text, whole characters of up to so many bytes.
fn start(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_760_000_000_999);

    #[test]
    fn a_payment_ends_a_little_later_than_it_is_to_end() {
        assert_eq!(time_expire(NOW.plus(Duration::from_secs(1800))), "2025-10-09T17:24:35+08:00");
        assert_eq!(time_expire(NOW), "2025-10-09T16:54:35+08:00");
        assert!(time_expire(Timestamp(i64::MAX)).starts_with("9999-12-31T"));
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(start("退款", 80), "退款");
        assert_eq!(start("退款", 5), "退");
        assert_eq!(start("", 5), "");
        assert_eq!(start(&"x".repeat(81), 80).len(), 80);
    }
}
