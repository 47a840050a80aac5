//! [`Platform`] for WeChat Pay.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::wechat::Front;
use crate::platform::{Delivery, PerceivedReply, Wechat};
use crate::support::{Answer, Platform, Reply};

pub type Shop = crate::support::Shop<Front>;

/// Provider name: the customer scans a QR code.
pub const SCAN: &str = "wechat";
/// Provider name: the customer pays on a page inside WeChat.
pub const INSIDE: &str = "wechat_jsapi";
/// The customer's `openid` inside WeChat.
pub const PAYER: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

impl Platform for Front {
    const PRODUCTS: [&'static str; 2] = [SCAN, INSIDE];
    const CREATED_BY_CALL: &'static [&'static str] = &[SCAN, INSIDE];
    const ALREADY_PAID: &'static str = "ORDER_PAID";
    const NO_FUNDS: &'static str = "NOT_ENOUGH";
    const NOT_ACCEPTED: &'static [PerceivedReply] = &[
        PerceivedReply::Missing,
        PerceivedReply::Received(500, ""),
        PerceivedReply::Received(302, ""),
        PerceivedReply::Received(401, r#"{"code":"FAIL"}"#),
    ];
    const REPEATS: (usize, Duration) = (16, Duration::from_secs((24 * 60 + 4) * 60));

    async fn start() -> Wechat {
        Wechat::start().await
    }

    fn start_body(product: &str, order_id: &str) -> Value {
        let mut body = json!({"order_id": order_id, "provider": product});
        if product == INSIDE {
            body["payer"] = json!(PAYER);
        }
        body
    }

    async fn open_checkout(platform: &Wechat, started: &Answer) {
        let checkout = &started.body["checkout"];
        let found = match checkout["url"].as_str() {
            Some(code) => platform.scan(code),
            None => platform.start_jsapi_payment(&checkout["params"]),
        };
        assert_eq!(found, Ok(started.text_of("pay_id")), "no usable checkout: {}", started.text);
    }

    fn reply(delivery: &Delivery) -> Reply {
        let says_fail = || serde_json::from_str(&delivery.reply).is_ok_and(|reply: Value| reply["code"] == "FAIL");
        match (delivery.status, &*delivery.reply) {
            (204, "") => Reply::Accepted,
            (422, _) if says_fail() => Reply::Refused,
            (status, _) => Reply::Other(status),
        }
    }
}
