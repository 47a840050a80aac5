//! The JSON bodies of requests to WeChat Pay.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::account::MerchantAccount;
use crate::domain::clock::Timestamp;
use crate::domain::money::CURRENCY;
use crate::domain::text;
use crate::gateway::{Purchase, Refund};

/// The expiry sent to WeChat Pay is this much later than `closes_at`. WeChat Pay requires the expiry to be at least one
/// minute ahead of its own clock. With the margin a payment can be started until `closes_at`, and every repeated
/// request has the same expiry.
const EXPIRY_MARGIN: Duration = Duration::from_secs(75);
/// WeChat Pay's limit for the reason of a refund.
const REASON_BYTES_MAX: usize = 80;

/// Starts a payment. WeChat Pay requires a repeated request with the same `out_trade_no` to be identical.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<SceneInfo>,
}

#[derive(Serialize)]
struct SceneInfo {
    payer_client_ip: IpAddr,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    #[serde(rename = "type")]
    kind: &'static str,
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
    /// Creates the body for `purchase`. WeChat Pay sends notifications to `notify_url`. `payer` is `None` if the trade
    /// type needs none.
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
            scene_info: None,
        }
    }

    /// The customer pays from a browser at this address, on a page of this kind.
    pub const fn set_browser(&mut self, payer_client_ip: IpAddr, kind: &'static str) {
        self.scene_info = Some(SceneInfo { payer_client_ip, h5_info: H5Info { kind } });
    }
}

/// Closes a payment.
#[derive(Serialize)]
pub struct Close<'a> {
    /// The merchant's id.
    pub mchid: &'a str,
}

/// Makes a refund. WeChat Pay requires a repeated request with the same `out_refund_no` to be identical.
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
    /// Creates the body for `refund`. WeChat Pay sends notifications to `notify_url`.
    pub fn new(refund: &'a Refund, notify_url: String) -> Self {
        Self {
            out_trade_no: refund.pay_id.to_string(),
            out_refund_no: refund.refund_id.to_string(),
            reason: truncated(&refund.reason, REASON_BYTES_MAX),
            notify_url,
            amount: Amount { refund: refund.amount.minor(), total: refund.paid.minor(), currency: CURRENCY },
        }
    }
}

/// The expiry in RFC 3339 with the offset of China and without fractions of a second. It does not depend on the current
/// time, so that repeated requests are identical. The shop itself closes the payment at `closes_at`.
fn time_expire(closes_at: Timestamp) -> String {
    let at = closes_at.plus(EXPIRY_MARGIN).unix_seconds();
    let at = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::MAX);
    format!("{}+08:00", jiff::tz::Offset::constant(8).to_datetime(at))
}

/// The longest prefix of `text` that has at most `bytes_max` bytes and ends between characters.
fn truncated(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_760_000_000_999);

    #[test]
    fn the_expiry_is_75_seconds_after_the_close_time_in_china_standard_time() {
        assert_eq!(time_expire(NOW.plus(Duration::from_secs(1800))), "2025-10-09T17:24:35+08:00");
        assert_eq!(time_expire(NOW), "2025-10-09T16:54:35+08:00");
        assert!(time_expire(Timestamp(i64::MAX)).starts_with("9999-12-31T"));
    }

    #[test]
    fn a_reason_is_truncated_between_characters() {
        assert_eq!(truncated("退款", 80), "退款");
        assert_eq!(truncated("退款", 5), "退");
        assert_eq!(truncated("", 5), "");
        assert_eq!(truncated(&"x".repeat(81), 80).len(), 80);
    }
}
