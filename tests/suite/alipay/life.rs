//! The whole life of a payment through Alipay, by both ways to pay.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::alipay::desk::{CODE, DEAF, Desk, PAGE, PAY_WITHIN};
use crate::platform::{Alipay, How, Op, Sending, Stage, Upset};
use crate::support::{GOODS, TestApp, Wish};

const MINUTE: Duration = Duration::from_secs(60);

#[actix_web::test]
async fn a_customer_pays_on_the_page_or_by_the_code_and_the_order_is_paid_once() {
    for (provider, kind) in [(PAGE, "redirect"), (CODE, "qr_code")] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        let payment = desk.payment(&case).await;
        assert_eq!((&payment["status"], &payment["checkout"]["kind"]), (&json!("unpaid"), &json!(kind)));
        let trade = desk.alipay.trade(&case.pay_id);
        assert_eq!((trade.total, trade.stage), (88_000, Stage::Waiting));
        assert_eq!(trade.notify_url, format!("https://shop.example.com/v1/payments/callbacks/{provider}"));
        let lasts = trade.closes_at.since(trade.made_at);
        assert!(lasts <= PAY_WITHIN && lasts > PAY_WITHIN - MINUTE, "no longer than the order: {lasts:?}");
        desk.alipay.pay(&case.pay_id).await;
        desk.assert_replies(&case, &["200 success"]);
        desk.settle().await;
        desk.assert_paid(&case).await;
        assert_eq!(desk.unsettled().await, [0, 0, 0]);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn the_whole_life_goes_with_certificates_and_with_encrypted_contents() {
    for alipay in [Alipay::with_certificates().await, Alipay::with_encryption().await] {
        let desk = Desk::with(alipay, &[]).await;
        let case = desk.paying(CODE).await;
        assert_eq!(desk.ask(&case).await.expect(200).body["status"], "unpaid");
        desk.alipay.next_notice(Sending::lost());
        desk.alipay.pay(&case.pay_id).await;
        desk.advance(Duration::from_secs(2)).await;
        desk.assert_paid(&case).await;
        desk.app.give_back(&desk.admin, &case.order_id, Some("300.00")).await.expect(202);
        desk.settle().await;
        assert_eq!(desk.ledger(&case), (88_000, 30_000));
        desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
        desk.settle().await;
        desk.assert_refunded(&case).await;
        let other = desk.another(PAGE, "other").await;
        desk.cancel(&other).await.expect(200);
        assert_eq!(desk.alipay.trade(&other.pay_id).stage, Stage::Closed);
        let third = desk.another(PAGE, "third").await;
        desk.alipay.pay(&third.pay_id).await;
        desk.settle().await;
        desk.assert_order(&third, "confirmed", "paid").await;
        assert!(desk.parked().await.is_empty());
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_late_callback_pays_an_order_that_still_waits() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.next_notice(Sending::late(MINUTE * 20));
        desk.alipay.pay(&case.pay_id).await;
        desk.advance(MINUTE * 19).await;
        desk.app.assert_unpaid().await;
        desk.advance(MINUTE).await;
        desk.assert_paid(&case).await;
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_cancelled_order_can_be_paid_no_more_there_either() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.cancel(&case).await.expect(200);
        assert_eq!(desk.alipay.trade(&case.pay_id).stage, Stage::Closed);
        assert_eq!(desk.alipay.try_pay(&case.pay_id).await, Err("it is closed"));
        desk.settle().await;
        desk.assert_order(&case, "cancelled", "paying").await;
        desk.assert_payment(&case, "closed").await;
        assert_eq!((desk.ledger(&case), desk.me().await), ((0, 0), ("1000.00".to_owned(), 100)));
        desk.finish().await;
    }
}

#[actix_web::test]
async fn an_order_expires_only_after_its_payment_is_closed_at_the_platform() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.upset(Upset::next(Op::Close, How::Status(502)).times(2).undone());
        desk.advance(PAY_WITHIN).await;
        desk.assert_order(&case, "confirmed", "paying").await;
        desk.advance(Duration::from_secs(30)).await;
        desk.assert_order(&case, "confirmed", "paying").await;
        desk.advance(Duration::from_secs(30)).await;
        desk.assert_order(&case, "cancelled", "paying").await;
        desk.assert_payment(&case, "closed").await;
        assert!(desk.alipay.try_pay(&case.pay_id).await.is_err());
        assert_eq!(desk.app.stock(GOODS).await, 1000);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn what_nobody_looked_at_is_given_up_and_paid_by_nobody() {
    for provider in [PAGE, CODE] {
        let desk = Desk::open().await;
        let order_id = desk.order("order").await;
        let started = desk.start(provider, "pay", &order_id).await.expect(201);
        desk.advance(PAY_WITHIN).await;
        let order = desk.app.get(&format!("/v1/orders/{order_id}"), &desk.zs).await.expect(200).body;
        assert_eq!(order["order_status"], "cancelled");
        let url = started.body["checkout"]["url"].as_str().unwrap();
        match provider {
            CODE => assert_eq!(desk.alipay.scan(url), Err("the code is too old")),
            _ => assert!(!desk.alipay.open(url).await.is_good()),
        }
        desk.app.finish().await;
    }
}

#[actix_web::test]
async fn identical_starts_at_once_are_one_trade() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let order_id = desk.order("order").await;
        let same = join_all((0..6).map(|_| desk.start(provider, "same", &order_id)));
        let other = join_all(["one", "two"].map(|key| desk.start(provider, key, &order_id)));
        let (same, other) = tokio::join!(same, other);
        let started: Vec<Value> = same.into_iter().chain(other).map(|answer| answer.expect(201).body).collect();
        for answer in &started {
            assert_eq!((&answer["status"], &answer["pay_id"]), (&json!("unpaid"), &started[0]["pay_id"]));
            assert!(answer["checkout"]["url"].is_string(), "{answer}");
        }
        let made = desk.alipay.calls().iter().filter(|call| call.verdict == "ok").count();
        assert_eq!(made, usize::from(provider == CODE));
        let again = desk.start(provider, "same", &order_id).await.expect(201);
        desk.arrive(&again).await;
        // Whichever of the addresses the browser was sent to.
        if provider == PAGE {
            for answer in &started {
                assert!(desk.alipay.open(answer["checkout"]["url"].as_str().unwrap()).await.is_good());
            }
        }
        let pay_id = again.text_of("pay_id");
        assert_eq!(desk.alipay.trades(&pay_id).len(), 1);
        desk.alipay.pay(&pay_id).await;
        desk.settle().await;
        desk.app.assert_order_paid(&desk.zs, &order_id).await;
        assert_eq!(desk.app.number("pay", "SELECT count(*) AS n FROM pay"), 1);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_customer_who_comes_back_later_is_sent_to_a_page_that_works() {
    let desk = Desk::deaf().await;
    let order_id = desk.order("order").await;
    desk.start(PAGE, "pay", &order_id).await.expect(201);
    desk.advance(MINUTE * 25).await;
    for key in ["pay", "another"] {
        let again = desk.start(PAGE, key, &order_id).await.expect(201);
        desk.arrive(&again).await;
    }
    desk.finish().await;
}

#[actix_web::test]
async fn a_payment_goes_on_after_a_restart() {
    let mut desk = Desk::with(Alipay::start().await, &DEAF).await;
    let case = desk.paying(CODE).await;
    desk.restart().await;
    desk.alipay.pay(&case.pay_id).await;
    desk.settle().await;
    desk.assert_paid(&case).await;
    desk.restart().await;
    desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
    desk.settle().await;
    desk.assert_refunded(&case).await;
    desk.finish().await;
}

#[actix_web::test]
async fn a_platform_that_is_not_set_up_is_neither_paid_through_nor_believed() {
    let desk = Desk::deaf().await;
    let case = desk.paid(CODE).await;
    let good = desk.alipay.deliveries(&case.pay_id).remove(0).post;
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    for provider in [PAGE, CODE] {
        let callbacks = format!("/v1/payments/callbacks/{provider}");
        let headers: Vec<(&str, &str)> = good.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        app.send_bytes(&callbacks, &headers, good.body.clone()).await.expect_problem(404, "not_found");
        let refused = app.pay_through(provider, &zs, provider, &order_id).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], "provider");
    }
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 0);
    app.finish().await;
    desk.finish().await;
}
