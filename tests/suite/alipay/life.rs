//! Payments through Alipay from the order to the refund, with both products.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Alipay, AnswerFault, Op, PlannedFault, Sending, Stage};
use crate::support::{GOODS, MINUTE, PAY_WITHIN, Reply};

#[actix_web::test]
async fn a_payment_on_the_page_or_by_the_code_pays_the_order_once() {
    for (provider, kind) in [(PAGE, "redirect"), (CODE, "qr_code")] {
        let shop = Shop::without_queries().await;
        let case = shop.paying(provider).await;
        let payment = shop.payment(&case.pay_id).await;
        assert_eq!((&payment["status"], &payment["checkout"]["kind"]), (&json!("unpaid"), &json!(kind)));
        let trade = shop.platform.trade(&case.pay_id);
        assert_eq!((trade.total, trade.stage), (88_000, Stage::Waiting));
        assert_eq!(trade.notify_url, format!("https://shop.example.com/v1/payments/callbacks/{provider}"));
        let lifetime = trade.closes_at.since(trade.created_at);
        assert!(lifetime <= PAY_WITHIN && lifetime > PAY_WITHIN - MINUTE, "it ends with the order: {lifetime:?}");
        shop.platform.pay(&case.pay_id).await;
        shop.assert_replies(&case, &[Reply::Accepted]);
        shop.settle().await;
        shop.assert_paid(&case).await;
        assert_eq!(shop.pending_counts().await, [0, 0, 0]);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn payments_and_refunds_work_with_certificates_and_with_encrypted_contents() {
    for alipay in [Alipay::with_certificates().await, Alipay::with_encryption().await] {
        let shop = Shop::with(alipay, &[]).await;
        let case = shop.paying(CODE).await;
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "unpaid");
        shop.platform.next_notice(Sending::lost());
        shop.platform.pay(&case.pay_id).await;
        shop.advance_platform_first(Duration::from_secs(2)).await;
        shop.assert_paid(&case).await;
        shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00")).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.ledger(&case), (88_000, 30_000));
        shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
        shop.settle().await;
        shop.assert_refunded(&case).await;
        let other = shop.another(PAGE, "other").await;
        shop.cancel(&other.order_id).await.expect(200);
        assert_eq!(shop.platform.trade(&other.pay_id).stage, Stage::Closed);
        let third = shop.another(PAGE, "third").await;
        shop.platform.pay(&third.pay_id).await;
        shop.settle().await;
        shop.assert_order(&third, "confirmed", "paid").await;
        assert!(shop.parked().await.is_empty());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_late_callback_pays_an_order_that_is_still_open() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paying(provider).await;
        shop.platform.next_notice(Sending::late(MINUTE * 20));
        shop.platform.pay(&case.pay_id).await;
        shop.advance_platform_first(MINUTE * 19).await;
        shop.app.assert_unpaid().await;
        shop.advance_platform_first(MINUTE).await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn an_order_expires_only_after_its_payment_is_closed_at_the_platform() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paying(provider).await;
        shop.platform.plan_fault(PlannedFault::next(Op::Close, AnswerFault::Status(502)).times(2).without_effect());
        shop.advance_platform_first(PAY_WITHIN).await;
        shop.assert_order(&case, "confirmed", "paying").await;
        shop.advance_platform_first(Duration::from_secs(30)).await;
        shop.assert_order(&case, "confirmed", "paying").await;
        shop.advance_platform_first(Duration::from_secs(30)).await;
        shop.assert_order(&case, "cancelled", "unpaid").await;
        shop.assert_payment(&case, "closed").await;
        assert!(shop.platform.try_pay(&case.pay_id).await.is_err());
        assert_eq!(shop.app.stock(GOODS).await, 1000);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_whose_checkout_was_never_opened_is_cancelled_and_cannot_be_paid() {
    for provider in [PAGE, CODE] {
        let shop = Shop::with(Alipay::start().await, &[]).await;
        let order_id = shop.order("order").await;
        let started = shop.start(provider, "pay", &order_id).await.expect(201);
        shop.advance_platform_first(PAY_WITHIN).await;
        let order = shop.app.get(&format!("/v1/orders/{order_id}"), &shop.zs).await.expect(200).body;
        assert_eq!(order["order_status"], "cancelled");
        let url = started.body["checkout"]["url"].as_str().unwrap();
        match provider {
            CODE => assert_eq!(shop.platform.scan(url), Err("the code is too old")),
            _ => assert!(!shop.platform.open(url).await.is_good()),
        }
        shop.app.finish().await;
    }
}

#[actix_web::test]
async fn concurrent_starts_of_one_payment_create_one_trade() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let order_id = shop.order("order").await;
        let same = join_all((0..6).map(|_| shop.start(provider, "same", &order_id)));
        let other = join_all(["one", "two"].map(|key| shop.start(provider, key, &order_id)));
        let (same, other) = tokio::join!(same, other);
        let started: Vec<Value> = same.into_iter().chain(other).map(|answer| answer.expect_started().body).collect();
        for answer in &started {
            assert_eq!((&answer["status"], &answer["pay_id"]), (&json!("unpaid"), &started[0]["pay_id"]));
            assert!(answer["checkout"]["url"].is_string(), "{answer}");
        }
        let created = shop.platform.calls().iter().filter(|call| call.verdict == "ok").count();
        assert_eq!(created, usize::from(provider == CODE));
        let again = shop.start(provider, "same", &order_id).await.expect_started();
        shop.open_checkout(&again).await;
        // Each of the URLs that the shop answered with leads to the same trade.
        if provider == PAGE {
            for answer in &started {
                assert!(shop.platform.open(answer["checkout"]["url"].as_str().unwrap()).await.is_good());
            }
        }
        let pay_id = again.text_of("pay_id");
        assert_eq!(shop.platform.trades(&pay_id).len(), 1);
        shop.platform.pay(&pay_id).await;
        shop.settle().await;
        shop.app.assert_order_paid(&shop.zs, &order_id).await;
        assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay"), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_repeated_start_returns_a_page_that_is_still_valid() {
    let shop = Shop::without_queries().await;
    let order_id = shop.order("order").await;
    shop.start(PAGE, "pay", &order_id).await.expect(201);
    shop.advance_platform_first(MINUTE * 25).await;
    for key in ["pay", "another"] {
        let again = shop.start(PAGE, key, &order_id).await.expect_started();
        shop.open_checkout(&again).await;
    }
    shop.finish().await;
}
