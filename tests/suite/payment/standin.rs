//! The shop's settings for the stand-ins, and what a stand-in records of requests and deliveries.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tradepost::domain::clock::Clock;

use crate::alipay::standin::request::{self as alipay_request, code_order};
use crate::platform::{Alipay, AnswerFault, Kind, Op, PlannedFault, Wechat};
use crate::support::{RecordingServer, TestApp};
use crate::wechat::standin::request as wechat_request;

/// The value of the setting `name`.
fn setting<'a>(settings: &[(&'a str, &'a str)], name: &str) -> &'a str {
    settings.iter().find(|(key, _)| *key == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[actix_web::test]
async fn a_shop_starts_with_the_settings_for_both_platforms() {
    let (alipay, wechat) = (Alipay::start().await, Wechat::start().await);
    let app = TestApp::with(&[alipay.settings(), wechat.settings()].concat()).await;
    alipay.follow(&app.clock);
    alipay.deliver_to(&app.url());
    app.finish().await;
}

#[actix_web::test]
async fn the_settings_name_files_that_contain_the_keys() {
    let read = |settings: &[(&str, &str)], name: &str| std::fs::read_to_string(setting(settings, name)).unwrap();
    let mut alipay = Alipay::with_certificates().await;
    alipay.announce_change();
    let settings = alipay.settings();
    assert_eq!(setting(&settings, "HTTP__PUBLIC_URL"), "https://shop.example.com");
    assert_eq!(setting(&settings, "GATEWAY__ALIPAY__URL"), format!("{}/gateway.do", alipay.url));
    assert_eq!(setting(&settings, "GATEWAY__ALIPAY__PLATFORM_KEY"), "");
    let count = |name: &str| read(&settings, name).matches("BEGIN CERTIFICATE").count();
    let names = ["APP_CERTIFICATE", "PLATFORM_CERTIFICATE", "ROOT_CERTIFICATE"];
    assert_eq!(names.map(|name| count(&format!("GATEWAY__ALIPAY__{name}"))), [1, 2, 3]);
    assert!(read(&settings, "GATEWAY__ALIPAY__APP_KEY").starts_with("-----BEGIN PRIVATE KEY-----\nMII"));
    let wechat = Wechat::with_certificate().await;
    let settings = wechat.settings();
    assert!(read(&settings, "GATEWAY__WECHAT__PLATFORM_CERTIFICATES").contains("BEGIN CERTIFICATE"));
    assert!(settings.iter().all(|(name, _)| !name.contains("PLATFORM_KEY")), "there is no public key yet");
    let wechat = Wechat::changing_over().await;
    assert!(read(&wechat.settings(), "GATEWAY__WECHAT__PLATFORM_KEY").contains("BEGIN PUBLIC KEY"));
}

#[actix_web::test]
async fn the_first_of_two_hosts_can_be_down() {
    let mut wechat = Wechat::start().await;
    let (first, second) = (wechat.url.clone(), wechat.second_url.clone());
    assert_eq!(setting(&wechat.settings(), "GATEWAY__WECHAT__URL"), first);
    assert_eq!(setting(&wechat.settings(), "GATEWAY__WECHAT__FALLBACK_URL"), second);
    wechat.lose_first_host();
    let settings = wechat.settings();
    let dead_host = setting(&settings, "GATEWAY__WECHAT__URL").strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(dead_host).is_err());
    let now = Clock::default().now();
    let mut shop = wechat_request::Shop::of(&wechat);
    shop.post("/v3/pay/transactions/native", &wechat_request::order("P10001"), now).await;
    shop.go_to(&second);
    let target = format!("/v3/pay/transactions/out-trade-no/P10001?mchid={}", wechat_request::MCHID);
    assert_eq!(shop.get(&target, now).await.body["trade_state"], "NOTPAY", "both hosts have the same trades");
}

#[actix_web::test]
async fn every_request_and_delivery_is_recorded() {
    let (alipay, clock, recorder) = (Alipay::start().await, Clock::default(), RecordingServer::open().await);
    alipay.follow(&clock);
    alipay.deliver_to(&recorder.url);
    let shop = alipay_request::Shop::of(&alipay);
    shop.ask("alipay.trade.precreate", code_order("P1"), clock.now()).await;
    alipay.decline("P1");
    clock.advance(Duration::from_secs(60));
    let late = clock.now();
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Unsigned).without_effect());
    let (query, body) = shop.signed("alipay.trade.query", &json!({"out_trade_no": "P1"}), late);
    shop.post(&query, body).await.unwrap();
    shop.ask("alipay.trade.query", json!({}), late).await;
    let calls = alipay.calls();
    let recorded: Vec<_> =
        calls.iter().map(|call| (call.op, &*call.out_trade_no, &*call.verdict, call.took_effect)).collect();
    let (create, query) = (Some(Op::Create), Some(Op::Query));
    let expected =
        [(create, "P1", "ok", true), (query, "P1", "undone", false), (query, "", "ACQ.INVALID_PARAMETER", true)];
    assert_eq!(recorded, expected);
    assert!(calls[0].line.starts_with("POST /gateway.do?app_id=") && calls[0].body.starts_with("biz_content="));
    assert!(calls[0].at < calls[1].at && calls[1].at >= late);
    assert_eq!(alipay.complaints().len(), 1);
    recorder.reply(&[(500, "not now")]);
    alipay.pay("P1").await;
    let delivery = alipay.deliveries("P1").remove(0);
    assert_eq!((delivery.kind, delivery.status, &*delivery.reply), (Kind::Paid, 500, "not now"));
    assert!(delivery.at >= late && delivery.post.header("Content-Type").contains("form"));
    assert_eq!(delivery.post.body, recorder.requests()[0].body);
}
