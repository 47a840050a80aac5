//! Tests of the gateway over HTTP: the requests it sends and the outcomes of the responses.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use serde_json::json;

use super::platform::{Platform, Request, Response, Signature};
use super::*;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::text::Payer;
use crate::gateway::wechat::gateway::{TradeType, WechatGateway};
use crate::gateway::{Checkout, Gateway, Outcome, PaymentStatus, Purchase, Refund, RefundStatus};

const PAY_ID: PayId = PayId::new(7001);
const REFUND_ID: RefundId = RefundId::new(8001);

/// A response with a valid signature.
fn signed(status: u16, body: &Value) -> Response {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Response(status, body, Signature::Valid)
}

fn purchase(platform: &Platform, payer: Option<&str>) -> Purchase {
    Purchase {
        pay_id: PAY_ID,
        amount: Money::from_minor(8888),
        closes_at: platform.clock.now().plus(Duration::from_secs(1800)),
        payer: payer.map(|payer| Payer::try_from(payer.to_owned()).unwrap()),
        return_url: None,
        client_ip: Some("203.0.113.7".parse().unwrap()),
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

/// The only request received. It must be signed and have the usual headers.
fn only_request(platform: &Platform) -> Request {
    let requests = platform.requests();
    assert_eq!(requests.len(), 1);
    let request = requests.into_iter().next().unwrap();
    assert!(request.is_signed(), "{request:?}");
    for (name, value) in [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", concat!("tradepost/", env!("CARGO_PKG_VERSION"))),
        ("wechatpay-serial", PUBLIC_KEY_ID),
    ] {
        assert_eq!(request.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    request
}

fn json_of(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[actix::test]
async fn a_qr_code_is_requested_with_all_fields() {
    let platform = Platform::start(vec![signed(200, &json!({"code_url": "weixin://wxpay/bizpayurl?pr=a"}))]);
    let purchase = purchase(&platform, Some("not-for-this-trade-type"));
    let expiry = jiff::Timestamp::from_second(purchase.closes_at.unix_seconds() + 75).unwrap();
    let expiry = jiff::tz::Offset::constant(8).to_datetime(expiry);
    let created = platform.gateway(TradeType::Native).create(purchase).await;
    assert_eq!(created, Outcome::Known(Some(Checkout::QrCode { url: "weixin://wxpay/bizpayurl?pr=a".to_owned() })));
    let request = only_request(&platform);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v3/pay/transactions/native"));
    let expected = json!({"appid": APP, "mchid": MERCHANT, "description": "Order 7001", "out_trade_no": "7001",
        "time_expire": format!("{expiry}+08:00"), "amount": {"total": 8888, "currency": "CNY"},
        "notify_url": "https://shop.example.com/v1/payments/callbacks/wechat"});
    assert_eq!(json_of(&request), expected);
}

#[actix::test]
async fn a_start_that_is_refused_is_an_answer_if_the_payment_is_over() {
    for (status, code, is_answer) in [
        (400, "ORDER_PAID", true),
        (400, "ORDERPAID", true),
        (400, "ORDER_CLOSED", true),
        (400, "ORDER_NOT_EXIST", false),
        (400, "INVALID_REQUEST", false),
        (500, "ORDER_PAID", false),
    ] {
        for trade_type in [TradeType::Native, TradeType::Jsapi, TradeType::H5] {
            let platform = Platform::start(vec![signed(status, &json!({"code": code}))]);
            let created = platform.gateway(trade_type).create(purchase(&platform, Some("oOwnTestOpenId0001"))).await;
            assert_eq!(matches!(created, Outcome::Undecided(_)), is_answer, "{code} {created:?}");
            assert_eq!(matches!(created, Outcome::Unknown(_)), !is_answer, "{code} {created:?}");
        }
    }
}

#[actix::test]
async fn a_browser_gets_an_address_of_wechat_pay_and_no_other() {
    let url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx09&package=1";
    let platform = Platform::start(vec![signed(200, &json!({"h5_url": url}))]);
    let created = platform.gateway(TradeType::H5).create(purchase(&platform, None)).await;
    assert_eq!(created, Outcome::Known(Some(Checkout::Redirect { url: url.to_owned() })));
    let request = only_request(&platform);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v3/pay/transactions/h5"));
    let scene = json!({"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}});
    assert_eq!(json_of(&request)["scene_info"], scene);
    for wrong in [json!({"h5_url": "javascript:alert(1)"}), json!({"h5_url": ""}), json!({"code_url": url})] {
        let platform = Platform::start(vec![signed(200, &wrong)]);
        let created = platform.gateway(TradeType::H5).create(purchase(&platform, None)).await;
        assert!(matches!(created, Outcome::Unknown(_)), "{wrong}");
    }
    for wrong in ["javascript:alert(1)", "https://evil.example/", "weixin://", "", "weixin://a b"] {
        let platform = Platform::start(vec![signed(200, &json!({"code_url": wrong}))]);
        let created = platform.gateway(TradeType::Native).create(purchase(&platform, None)).await;
        assert!(matches!(created, Outcome::Unknown(_)), "{wrong}");
    }
    // Without the customer's address no request is sent.
    let platform = Platform::start(Vec::new());
    let unknown = Purchase { client_ip: None, ..purchase(&platform, None) };
    assert!(matches!(platform.gateway(TradeType::H5).create(unknown).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn a_page_inside_wechat_gets_signed_parameters() {
    let platform = Platform::start(vec![signed(200, &json!({"prepay_id": "wx09165320000000abcdef0123456789"}))]);
    let created = platform.gateway(TradeType::Jsapi).create(purchase(&platform, Some("oOwnTestOpenId0001"))).await;
    let Outcome::Known(Some(Checkout::Jsapi { params })) = created else { panic!("{created:?}") };
    let text = format!("{APP}\n{}\n{}\n{}\n", params.time_stamp, params.nonce_str, params.package);
    let merchant_key = crate::gateway::crypto::key::PublicKey::parse(key("wx_merchant", "spki_der_b64")).unwrap();
    assert!(merchant_key.verifies(text.as_bytes(), &params.pay_sign));
    assert_eq!(params.package, "prepay_id=wx09165320000000abcdef0123456789");
    assert_eq!((params.app_id.as_str(), params.sign_type.as_str()), (APP, "RSA"));
    let request = only_request(&platform);
    assert_eq!(request.target, "/v3/pay/transactions/jsapi");
    assert_eq!(json_of(&request)["payer"], json!({"openid": "oOwnTestOpenId0001"}));
    assert_eq!(json_of(&request)["notify_url"], "https://shop.example.com/v1/payments/callbacks/wechat_jsapi");
    // Without a payer no request is sent.
    let platform = Platform::start(Vec::new());
    assert!(matches!(platform.gateway(TradeType::Jsapi).create(purchase(&platform, None)).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn a_payment_is_queried_and_closed_by_our_id() {
    let platform = Platform::start(vec![signed(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    assert_eq!(platform.gateway(TradeType::Native).query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    let request = only_request(&platform);
    let target = "/v3/pay/transactions/out-trade-no/7001?mchid=1900000001";
    assert_eq!((request.method.as_str(), request.target.as_str(), request.body.as_str()), ("GET", target, ""));
    let platform = Platform::start(vec![signed(204, &Value::Null)]);
    assert_eq!(platform.gateway(TradeType::Native).close(PAY_ID).await, Outcome::Known(PaymentStatus::Closed));
    let request = only_request(&platform);
    assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", "{\"mchid\":\"1900000001\"}"));
    assert_eq!(request.target, "/v3/pay/transactions/out-trade-no/7001/close");
}

#[actix::test]
async fn a_payment_is_closed_only_by_an_explicit_response() {
    for answer in [
        signed(200, &json!({})),
        signed(202, &Value::Null),
        Response(204, String::new(), Signature::Missing),
        Response(204, String::new(), Signature::Invalid),
        signed(400, &json!({"code": "RESOURCE_NOT_EXISTS"})),
        signed(400, &json!({"code": "INVALID_REQUEST", "message": "the order is paid"})),
        signed(500, &json!({"code": "ORDER_NOT_EXIST"})),
    ] {
        let status = answer.0;
        let outcome = Platform::start(vec![answer]).gateway(TradeType::Native).close(PAY_ID).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{status} {outcome:?}");
    }
}

#[actix::test]
async fn a_refund_without_funds_is_an_answer_that_decides_nothing() {
    let platform = Platform::start(vec![signed(403, &json!({"code": "NOT_ENOUGH"}))]);
    assert!(matches!(platform.gateway(TradeType::Native).refund(refund()).await, Outcome::Undecided(_)));
}

#[actix::test]
async fn a_refund_is_made_and_queried_by_our_id() {
    let answer = json!({"refund_id": "50", "out_refund_no": "8001", "out_trade_no": "7001", "status": "PROCESSING",
        "amount": {"total": 8888, "refund": 1000, "currency": "CNY"}});
    let platform = Platform::start(vec![signed(200, &answer)]);
    assert_eq!(platform.gateway(TradeType::Jsapi).refund(refund()).await, Outcome::Known(RefundStatus::Pending));
    let request = only_request(&platform);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v3/refund/domestic/refunds"));
    let notify_url = "https://shop.example.com/v1/payments/callbacks/wechat_jsapi";
    let expected = json!({"out_trade_no": "7001", "out_refund_no": "8001", "reason": "部分退款",
        "notify_url": notify_url, "amount": {"refund": 1000, "total": 8888, "currency": "CNY"}});
    assert_eq!(json_of(&request), expected);
    let platform = Platform::start(vec![signed(404, &json!({"code": "RESOURCE_NOT_EXISTS"}))]);
    let outcome = platform.gateway(TradeType::Native).query_refund(PAY_ID, REFUND_ID).await;
    assert_eq!(outcome, Outcome::Known(RefundStatus::NotFound));
    let request = only_request(&platform);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/v3/refund/domestic/refunds/8001"));
}

#[actix::test]
async fn a_payment_that_cannot_be_closed_is_queried() {
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
        let platform = Platform::start(vec![signed(400, &json!({"code": code})), signed(200, &trade(state))]);
        let outcome = platform.gateway(TradeType::Native).close(PAY_ID).await;
        assert_eq!(
            matches!(outcome, Outcome::Known(PaymentStatus::Paid(_) | PaymentStatus::Closed)),
            closed,
            "{code} {outcome:?}"
        );
        assert_eq!(matches!(outcome, Outcome::Unknown(_)), !closed, "{code} {outcome:?}");
        assert_eq!(platform.requests().len(), 2);
    }
    let platform = Platform::start(vec![
        signed(400, &json!({"code": "ORDER_PAID"})),
        signed(404, &json!({"code": "ORDER_NOT_EXIST"})),
    ]);
    assert!(matches!(platform.gateway(TradeType::Native).close(PAY_ID).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn the_fallback_url_is_tried_only_if_nothing_was_sent() {
    let dead_url = "http://127.0.0.1:1";
    let not_found = || vec![signed(404, &json!({"code": "ORDER_NOT_EXIST"}))];
    let platform = Platform::start(not_found());
    let gateway = platform.gateway_at(TradeType::Native, dead_url, &platform.url);
    assert_eq!(gateway.query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    only_request(&platform);
    let gateway = platform.gateway_at(TradeType::Native, dead_url, dead_url);
    assert!(matches!(gateway.query(PAY_ID).await, Outcome::Unknown(_)));
    let (first, second) =
        (Platform::start(vec![Response(500, String::new(), Signature::Missing)]), Platform::start(not_found()));
    let gateway = first.gateway_at(TradeType::Native, &first.url, &second.url);
    assert!(matches!(gateway.query(PAY_ID).await, Outcome::Unknown(_)));
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
}

#[actix::test]
async fn the_signature_covers_the_path_of_the_base_url() {
    let platform = Platform::start(vec![signed(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    let gateway = platform.gateway_at(TradeType::Native, &format!("{}/a%20path/", platform.url), "");
    assert_eq!(gateway.query(PAY_ID).await, Outcome::Known(PaymentStatus::NotFound));
    assert_eq!(only_request(&platform).target, "/a%20path/v3/pay/transactions/out-trade-no/7001?mchid=1900000001");
}

#[actix::test]
async fn a_response_must_be_signed_and_recent() {
    let body = json!({"code_url": "weixin://wxpay/bizpayurl?pr=a"});
    for (advance, signature, known) in [
        (0, Signature::Valid, true),
        (0, Signature::Invalid, false),
        (0, Signature::Missing, false),
        (290, Signature::Valid, true),
        (310, Signature::Valid, false),
    ] {
        let platform = Platform::start(vec![Response(200, body.to_string(), signature)]);
        let mut given = Given::new();
        given.settings.url.clone_from(&platform.url);
        // The shop's clock is ahead of the platform's.
        given.shop.clock.advance(Duration::from_secs(advance));
        let gateway = crate::gateway::wechat::gateways(&given.settings, &given.shop).unwrap().remove(0);
        let created = gateway.create(purchase(&platform, None)).await;
        assert_eq!(matches!(created, Outcome::Known(_)), known, "{advance} {created:?}");
    }
}

#[actix::test]
async fn the_nonce_is_the_accounts_and_without_it_nothing_is_sent() {
    let platform = Platform::start(vec![signed(404, &json!({"code": "ORDER_NOT_EXIST"}))]);
    let mut given = Given::new();
    given.settings.url.clone_from(&platform.url);
    given.settings.fallback_url.clear();
    let gateway = |nonce| {
        let account = MerchantAccount { nonce, ..given.open().unwrap().unwrap() };
        WechatGateway::new(TradeType::Native, Arc::new(account))
    };
    assert!(matches!(gateway(|| Err(Unspecified)).query(PAY_ID).await, Outcome::Unknown(_)));
    let outcome = gateway(|| Ok("7C3A9F0E5B1D4C2A8E6F0A1B2C3D4E5F".to_owned())).query(PAY_ID).await;
    assert_eq!(outcome, Outcome::Known(PaymentStatus::NotFound));
    let authorization = &only_request(&platform).headers["authorization"];
    assert!(authorization.contains("nonce_str=\"7C3A9F0E5B1D4C2A8E6F0A1B2C3D4E5F\""), "{authorization}");
}
