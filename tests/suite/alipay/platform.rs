//! [`Platform`] for Alipay.

use std::time::Duration;

use crate::platform::alipay::Front;
use crate::platform::{Alipay, Delivery, PerceivedReply};
use crate::support::{Answer, Platform, Reply};

pub type Shop = crate::support::Shop<Front>;

/// Provider name: the customer pays on a page.
pub const PAGE: &str = "alipay";
/// Provider name: the customer scans a QR code.
pub const CODE: &str = "alipay_qr";

impl Platform for Front {
    const PRODUCTS: [&'static str; 2] = [PAGE, CODE];
    const CREATED_BY_CALL: &'static [&'static str] = &[CODE];
    const ALREADY_PAID: &'static str = "ACQ.TRADE_STATUS_ERROR";
    const NO_FUNDS: &'static str = "ACQ.SELLER_BALANCE_NOT_ENOUGH";
    const NOT_ACCEPTED: &'static [PerceivedReply] = &[
        PerceivedReply::Missing,
        PerceivedReply::Received(500, "success"),
        PerceivedReply::Received(200, "fail"),
        PerceivedReply::Received(302, "success"),
        PerceivedReply::Received(200, "\"success\""),
    ];
    const REPEATS: (usize, Duration) = (8, Duration::from_secs((24 * 60 + 24) * 60));

    async fn start() -> Alipay {
        Alipay::start().await
    }

    async fn open_checkout(platform: &Alipay, started: &Answer) {
        let url =
            started.body["checkout"]["url"].as_str().unwrap_or_else(|| panic!("no checkout URL: {}", started.text));
        match started.body["checkout"]["kind"].as_str() {
            Some("redirect") => assert!(platform.open(url).await.is_good()),
            _ => assert_eq!(platform.scan(url), Ok(started.text_of("pay_id"))),
        }
    }

    fn reply(delivery: &Delivery) -> Reply {
        match (delivery.status, &*delivery.reply) {
            (200, "success") => Reply::Accepted,
            (200, "fail") => Reply::Refused,
            (status, _) => Reply::Other(status),
        }
    }
}
