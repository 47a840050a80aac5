//! What is asked, over HTTP.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use serde_json::json;

use super::platform::{Answer, Heard, Platform, Signed};
use super::*;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::text::Payer;
use crate::gateway::wechat::gateway::{TradeType, WechatGateway};
use crate::gateway::{Checkout, Gateway, Outcome, PaymentStatus, Purchase, Refund, RefundStatus};

const PAY_ID: PayId = PayId::new(7001);
const REFUND_ID: RefundId = RefundId::new(8001);

fn well(status: u16, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Answer(status, body, Signed::Well)
}

fn purchase(platform: &Platform, payer: Option<&str>) -> Purchase {
    Purchase {
        pay_id: PAY_ID,
        amount: Money::from_minor(8888),
        closes_at: platform.clock.now().plus(Duration::from_secs(1800)),
        payer: payer.map(|payer| Payer::try_from(payer.to_owned()).unwrap()),
    }
}

fn refund() -> Refund {
    let reason = "部分退款".to_owned();
    Refund {
        refund_id: REFUND_ID,
        pay_id: PAY_ID,
        amount: Money::from_minor(1000),
        paid: Money::from_minor(8888),
        reason,
    }
}

/// The one request that was heard, which must be signed and say who asks.
fn only(platform: &Platform) -> Heard {
    let heard = platform.heard();
    assert_eq!(heard.len(), 1);
    let heard = heard.into_iter().next().unwrap();
    assert!(heard.is_signed(), "{heard:?}");
    for (name, value) in [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", concat!("tradepost/", env!("CARGO_PKG_VERSION"))),
        ("wechatpay-serial", PUBLIC_KEY_ID),
    ] {
        assert_eq!(heard.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    heard
}

fn json_of(heard: &Heard) -> Value {
    serde_json::from_str(&heard.body).unwrap()
}

#[actix::test]
async fn a_picture_is_asked_for_with_everything_that_is_agreed_on() {
    let platform = Platform::start(vec![well(200, &json!({"code_url": "weixin://wxpay/bizpayurl?pr=a"}))]);
    let purchase = purchase(&platform, Some("not-for-this-trade_type"));
    let close_payment = jiff::Timestamp::from_second(purchase.closes_at.unix_seconds() + 75).unwrap();
    let close_payment = jiff::tz::Offset::constant(8).to_datetime(close_payment);
    let created = platform.gateway(TradeType::Native).create(purchase).await;
    assert_eq!(created, Outcome::Known(Some(Checkout::QrCode { url: "weixin://wxpay/bizpayurl?pr=a".to_owned() })));
    let heard = only(&platform);
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/v3/pay/transactions/native"));
    let expected = json!({"appid": APP, "mchid": MERCHANT, "description": "Order 7001", "out_trade_no": "7001",
        "time_expire": format!("{close_payment}+08:00"), "amount": {"total": 8888, "currency": "CNY"},
        "notify_url": "https://shop.example.com/v1/payments/callbacks/wechat"});
    assert_eq!(json_of(&heard), expected);
}

#[actix::test]
async fn a_page_inside_wechat_is_given_what_it_hands_over_signed() {
    let platform = Platform::start(vec![well(200, &json!({"prepay_id": "wx09165320000000abcdef0123456789"}))]);
    let created = platform.gateway(TradeType::Jsapi).create(purchase(&platform, Some("oOwnTestOpenId0001"))).await;
    let Outcome::Known(Some(Checkout::Jsapi { params })) = created else { panic!("{created:?}") };
    let text = format!("{APP}\n{}\n{}\n{}\n", params.time_stamp, params.nonce_str, params.package);
    let ours = crate::gateway::crypto::key::PublicKey::parse(key("wx_merchant", "spki_der_b64")).unwrap();
    assert!(ours.verifies(text.as_bytes(), &params.pay_sign));
    assert_eq!(params.package, "prepay_id=wx09165320000000abcdef0123456789");
    assert_eq!((params.app_id.as_str(), params.sign_type.as_str()), (APP, "RSA"));
    let heard = only(&platform);
    assert_eq!(heard.target, "/v3/pay/transactions/jsapi");
    assert_eq!(json_of(&heard)["payer"], json!({"openid": "oOwnTestOpenId0001"}));
    assert_eq!(json_of(&heard)["notify_url"], "https://shop.example.com/v1/payments/callbacks/wechat_jsapi");
    // Nobody is named who pays: nothing is asked.
    let platform = Platform::start(Vec::new());
    assert!(matches!(platform.gateway(TradeType::Jsapi).create(purchase(&platform, None)).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn a_payment_is_asked_for_and_closed_by_our_number() {
    let platform = Platform::start(vec![well(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    assert_eq!(platform.gateway(TradeType::Native).query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    let heard = only(&platform);
    let target = "/v3/pay/transactions/out-trade-no/7001?mchid=1900000001";
    assert_eq!((heard.method.as_str(), heard.target.as_str(), heard.body.as_str()), ("GET", target, ""));
    let platform = Platform::start(vec![well(204, &Value::Null)]);
    assert_eq!(platform.gateway(TradeType::Native).close(PAY_ID).await, Outcome::Known(PaymentStatus::Closed));
    let heard = only(&platform);
    assert_eq!((heard.method.as_str(), heard.body.as_str()), ("POST", "{\"mchid\":\"1900000001\"}"));
    assert_eq!(heard.target, "/v3/pay/transactions/out-trade-no/7001/close");
}

#[actix::test]
async fn only_what_says_that_a_payment_is_closed_closes_it() {
    for answer in [
        well(200, &json!({})),
        well(202, &Value::Null),
        Answer(204, String::new(), Signed::Not),
        Answer(204, String::new(), Signed::Badly),
        well(400, &json!({"code": "RESOURCE_NOT_EXISTS"})),
        well(400, &json!({"code": "INVALID_REQUEST", "message": "the order is paid"})),
        well(500, &json!({"code": "ORDER_NOT_EXIST"})),
    ] {
        let status = answer.0;
        let told = Platform::start(vec![answer]).gateway(TradeType::Native).close(PAY_ID).await;
        assert!(matches!(told, Outcome::Unknown(_)), "{status} {told:?}");
    }
}

#[actix::test]
async fn a_refund_without_funds_is_to_be_tried_again() {
    let platform = Platform::start(vec![well(403, &json!({"code": "NOT_ENOUGH"}))]);
    assert!(matches!(platform.gateway(TradeType::Native).refund(refund()).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn a_refund_is_made_and_asked_for_by_our_number() {
    let answer = json!({"refund_id": "50", "out_refund_no": "8001", "out_trade_no": "7001", "status": "PROCESSING",
        "amount": {"total": 8888, "refund": 1000, "currency": "CNY"}});
    let platform = Platform::start(vec![well(200, &answer)]);
    assert_eq!(platform.gateway(TradeType::Jsapi).refund(refund()).await, Outcome::Known(RefundStatus::Pending));
    let heard = only(&platform);
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/v3/refund/domestic/refunds"));
    let notify_url = "https://shop.example.com/v1/payments/callbacks/wechat_jsapi";
    let expected = json!({"out_trade_no": "7001", "out_refund_no": "8001", "reason": "部分退款",
        "notify_url": notify_url, "amount": {"refund": 1000, "total": 8888, "currency": "CNY"}});
    assert_eq!(json_of(&heard), expected);
    let platform = Platform::start(vec![well(404, &json!({"code": "RESOURCE_NOT_EXISTS"}))]);
    let asked = platform.gateway(TradeType::Native).query_refund(PAY_ID, REFUND_ID).await;
    assert_eq!(asked, Outcome::Known(RefundStatus::NotFound));
    let heard = only(&platform);
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("GET", "/v3/refund/domestic/refunds/8001"));
}

#[actix::test]
async fn a_payment_that_cannot_be_closed_is_asked_for() {
    let trade = |state: &str| {
        json!({"mchid": MERCHANT, "appid": APP, "out_trade_no": "7001", "trade_state": state, "transaction_id": "42",
            "amount": {"total": 8888, "currency": "CNY"}})
    };
    for (code, state, closed) in [
        ("ORDER_PAID", "SUCCESS", true),
        ("ORDERPAID", "SUCCESS", true),
        ("ORDER_PAID", "REFUND", true),
        ("ORDER_CLOSED", "CLOSED", true),
        ("ORDER_PAID", "NOTPAY", false),
        ("ORDER_PAID", "USERPAYING", false),
    ] {
        let platform = Platform::start(vec![well(400, &json!({"code": code})), well(200, &trade(state))]);
        let told = platform.gateway(TradeType::Native).close(PAY_ID).await;
        assert_eq!(
            matches!(told, Outcome::Known(PaymentStatus::Paid(_) | PaymentStatus::Closed)),
            closed,
            "{code} {told:?}"
        );
        assert_eq!(matches!(told, Outcome::Unknown(_)), !closed, "{code} {told:?}");
        assert_eq!(platform.heard().len(), 2);
    }
    let platform = Platform::start(vec![
        well(400, &json!({"code": "ORDER_PAID"})),
        well(404, &json!({"code": "ORDER_NOT_EXIST"})),
    ]);
    assert!(matches!(platform.gateway(TradeType::Native).close(PAY_ID).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn another_address_is_tried_once_and_only_where_nothing_was_asked_yet() {
    let nobody = "http://127.0.0.1:1";
    let missing = || vec![well(404, &json!({"code": "ORDER_NOT_EXIST"}))];
    let platform = Platform::start(missing());
    let gateway = platform.gateway_at(TradeType::Native, nobody, &platform.url);
    assert_eq!(gateway.query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    only(&platform);
    let gateway = platform.gateway_at(TradeType::Native, nobody, nobody);
    assert!(matches!(gateway.query(PAY_ID).await, Outcome::Unknown(_)));
    let (first, second) = (Platform::start(vec![Answer(500, String::new(), Signed::Not)]), Platform::start(missing()));
    let gateway = first.gateway_at(TradeType::Native, &first.url, &second.url);
    assert!(matches!(gateway.query(PAY_ID).await, Outcome::Unknown(_)));
    assert_eq!((first.heard().len(), second.heard().len()), (1, 0));
}

#[actix::test]
async fn what_is_signed_is_what_is_on_the_wire_also_behind_a_path() {
    let platform = Platform::start(vec![well(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    let gateway = platform.gateway_at(TradeType::Native, &format!("{}/a%20path/", platform.url), "");
    assert_eq!(gateway.query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    assert_eq!(only(&platform).target, "/a%20path/v3/pay/transactions/out-trade-no/7001?mchid=1900000001");
}

#[actix::test]
async fn an_answer_must_be_signed_by_them_and_of_now() {
    let body = json!({"code_url": "weixin://wxpay/bizpayurl?pr=a"});
    for (advance, signed, known) in [
        (0, Signed::Well, true),
        (0, Signed::Badly, false),
        (0, Signed::Not, false),
        (290, Signed::Well, true),
        (310, Signed::Well, false),
    ] {
        let platform = Platform::start(vec![Answer(200, body.to_string(), signed)]);
        let mut given = Given::new();
        given.settings.url.clone_from(&platform.url);
        // Our clock is ahead of theirs.
        given.shop.clock.advance(Duration::from_secs(advance));
        let gateway = crate::gateway::wechat::gateways(&given.settings, &given.shop).unwrap().remove(0);
        let created = gateway.create(purchase(&platform, None)).await;
        assert_eq!(matches!(created, Outcome::Known(_)), known, "{advance} {created:?}");
    }
}

#[actix::test]
async fn what_differs_in_every_signature_is_the_accounts_and_without_it_nothing_is_sent() {
    let platform = Platform::start(vec![well(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    let mut given = Given::new();
    given.settings.url.clone_from(&platform.url);
    given.settings.fallback_url.clear();
    let gateway = |nonce| {
        let account = MerchantAccount { nonce, ..given.open().unwrap().unwrap() };
        WechatGateway::new(TradeType::Native, Arc::new(account))
    };
    assert!(matches!(gateway(|| Err(Unspecified)).query(PAY_ID).await, Outcome::Unknown(_)));
    let told = gateway(|| Ok("7C3A9F0E5B1D4C2A8E6F0A1B2C3D4E5F".to_owned())).query(PAY_ID).await;
    assert_eq!(told, Outcome::Known(PaymentStatus::NotFound));
    let authorization = &only(&platform).headers["authorization"];
    assert!(authorization.contains("nonce_str=\"7C3A9F0E5B1D4C2A8E6F0A1B2C3D4E5F\""), "{authorization}");
}
