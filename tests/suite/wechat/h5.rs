//! H5 payments: the customer's browser is on the telephone that has WeChat, and WeChat Pay is given its address.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::platform::{AnswerFault, Op, PlannedFault, Stage, Wechat};
use crate::support::{Answer, Balances, Case, DELAYED_QUERIES, MINUTE};
use crate::wechat::platform::Shop;

const H5: &str = "wechat_h5";
const ON: (&str, &str) = ("GATEWAY__WECHAT__H5_TYPE", "Wap");

async fn shop(further: &[(&str, &str)]) -> Shop {
    Shop::with(Wechat::start().await, &[&DELAYED_QUERIES[..], &[ON], further].concat()).await
}

/// Starts a payment as a proxy passes the request on.
async fn start_from(shop: &Shop, key: &str, order_id: &str, forwarded_for: &str) -> Answer {
    let headers = [("idempotency-key", key), ("x-forwarded-for", forwarded_for)];
    let body = json!({"order_id": order_id, "provider": H5});
    shop.app.send(Method::POST, "/v1/payments", &shop.zs, &headers, Some(&body)).await
}

fn scene(shop: &Shop, pay_id: &str) -> Value {
    shop.platform.trade(pay_id).parameters["scene_info"].clone()
}

#[actix_web::test]
async fn a_payment_of_a_browser_pays_the_order_once() {
    let shop = shop(&[]).await;
    let Case { order_id, pay_id } = shop.paying(H5).await;
    let checkout = shop.payment(&pay_id).await["checkout"].clone();
    assert_eq!(checkout["kind"], "redirect");
    let url = checkout["url"].as_str().unwrap();
    assert!(url.starts_with("https://wx.tenpay.com/"), "{url}");
    assert_eq!(shop.platform.scan(url), Ok(pay_id.clone()));
    let page = shop.app.get(&shop.app.pay_path(&pay_id), "").await.expect(200).text;
    assert!(page.contains("Go to the payment") && page.contains("WeChat Pay"), "{page}");
    assert_eq!(scene(&shop, &pay_id), json!({"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}));
    shop.pay_and_settle(&pay_id).await;
    let delivery = shop.platform.deliveries(&pay_id).remove(0);
    assert_eq!(delivery.post.url, "https://shop.example.com/v1/payments/callbacks/wechat_h5");
    assert_eq!((delivery.status, &*delivery.reply), (204, ""));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.app.assert_paid_once(&shop.zs, &order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn only_a_trusted_proxy_says_which_address_the_customer_has() {
    for (trusted, forwarded_for, expected) in [
        ("127.0.0.0/8", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.0/8, ::1", "198.51.100.1, 2001:db8::7", "2001:db8::7"),
        ("127.0.0.0/8, 10.0.0.0/8", "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("127.0.0.0/8", "unknown", "127.0.0.1"),
        ("192.0.2.1", "203.0.113.7", "127.0.0.1"),
        ("", "203.0.113.7", "127.0.0.1"),
    ] {
        let shop = shop(&[("HTTP__TRUSTED_PROXIES", trusted)]).await;
        let order_id = shop.golden_order().await;
        let pay_id = start_from(&shop, "pay", &order_id, forwarded_for).await.expect(201).text_of("pay_id");
        assert_eq!(scene(&shop, &pay_id)["payer_client_ip"], expected, "{trusted} {forwarded_for}");
        shop.finish().await;
    }
}

#[actix_web::test]
async fn h5_payments_are_offered_only_if_the_settings_say_so() {
    let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
    let order_id = shop.golden_order().await;
    let refused = shop.start(H5, "pay", &order_id).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.body["errors"][0]["field"], "provider");
    assert!(shop.platform.calls().is_empty());
    shop.finish().await;
}

#[actix_web::test]
async fn a_start_without_an_answer_is_repeated_with_the_same_request() {
    let shop = shop(&[]).await;
    let order_id = shop.golden_order().await;
    for fault in [AnswerFault::Breaks, AnswerFault::Status(500)] {
        shop.platform.plan_fault(PlannedFault::next(Op::Create, fault));
        shop.start(H5, "pay", &order_id).await.expect_problem(503, "busy");
    }
    let started = shop.start(H5, "pay", &order_id).await.expect(201);
    let pay_id = started.text_of("pay_id");
    assert_eq!((started.body["checkout"]["kind"].as_str(), shop.platform.trades(&pay_id).len()), (Some("redirect"), 1));
    shop.pay_and_settle(&pay_id).await;
    shop.app.assert_paid_once(&shop.zs, &order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_start_that_hangs_is_answered_before_the_platform_does() {
    let shop = shop(&[("PAYMENTS__ANSWER_WITHIN", "300ms")]).await;
    let order_id = shop.golden_order().await;
    shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Late(Duration::from_secs(1))));
    let pending = shop.start(H5, "pay", &order_id).await.expect(202);
    assert_eq!(pending.body["checkout"], Value::Null);
    let pay_id = pending.text_of("pay_id");
    let has_checkout = || async { shop.payment(&pay_id).await["checkout"].is_object().then_some(()) };
    crate::support::eventually(Duration::from_secs(10), "the checkout", has_checkout).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_that_was_not_opened_in_time_ends_and_another_one_can_be_started() {
    let mut shop = shop(&[]).await;
    let Case { order_id, pay_id } = shop.paying(H5).await;
    let trade = shop.platform.trade(&pay_id);
    let lasts = trade.closes_at.since(trade.created_at);
    assert!(lasts > MINUTE * 5 && lasts < MINUTE * 7, "{lasts:?}");
    shop.advance(MINUTE * 8).await;
    shop.sign_in().await;
    assert_eq!(
        (shop.platform.trade(&pay_id).stage, shop.payment(&pay_id).await["status"].as_str()),
        (Stage::Closed, Some("closed"))
    );
    let second = shop.start(H5, "second", &order_id).await.expect(201).text_of("pay_id");
    assert_ne!(second, pay_id);
    shop.pay_and_settle(&second).await;
    assert_eq!(shop.balances(&order_id, &second).await, Balances::paid());
    shop.finish().await;
}
