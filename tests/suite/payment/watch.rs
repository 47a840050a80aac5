//! Payments that are closed here and may still be payable at their platform: each is watched until it has expired there,
//! and money that comes is found without a notice. The other payments of a paid order are closed at once.

use std::time::Duration;

use serde_json::json;

use crate::platform::alipay::Front as Alipay;
use crate::platform::{AnswerFault, Op, PlannedFault, Sending, Stage};
use crate::support::{Case, MINUTE, NO_QUERIES, OrderBody, PAY_WITHIN, Platform, Shop, TestApp};

/// The provider whose trades exist only once the customer has scanned the code.
const CODE: &str = "alipay_qr";
const PAGE: &str = "alipay";
const WATCHED: &str = "SELECT count(*) AS n FROM pay_ask";

/// A shop that queries, and its golden order, cancelled before its customer has scanned the code or opened the page.
async fn cancelled_before_the_trade_exists(product: &str) -> (Shop<Alipay>, Case, crate::support::Answer) {
    let shop = Shop::<Alipay>::with(Alipay::start().await, &[]).await;
    let order_id = shop.golden_order().await;
    let started = shop.start(product, "pay", &order_id).await.expect(201);
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    shop.platform.notices_of(&case.pay_id, Sending::lost());
    shop.cancel(&case.order_id).await.expect(200);
    shop.assert_payment(&case, "closed").await;
    (shop, case, started)
}

/// The number of closed payments that are watched, from the status page.
async fn watched(shop: &Shop<Alipay>) -> i64 {
    let status = shop.app.get("/admin/status", &shop.admin).await.expect(200).body;
    assert_eq!(status["payments"]["open"], 0);
    status["payments"]["watched"].as_i64().unwrap()
}

#[actix_web::test]
async fn a_checkout_that_is_opened_after_the_cancellation_is_closed_at_the_platform() {
    for product in [PAGE, CODE] {
        let (shop, case, started) = cancelled_before_the_trade_exists(product).await;
        shop.open_checkout(&started).await;
        assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Waiting);
        shop.advance(MINUTE).await;
        assert_eq!(shop.platform.try_pay(&case.pay_id).await, Err("it is closed"));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn money_that_comes_after_the_cancellation_goes_back_although_its_notice_is_lost() {
    for product in [PAGE, CODE] {
        // The signature of a page is too old after some minutes.
        let delays: &[u32] = if product == PAGE { &[0, 1] } else { &[0, 10, 29] };
        for after in delays {
            let (shop, case, started) = cancelled_before_the_trade_exists(product).await;
            shop.advance(MINUTE * *after).await;
            shop.open_checkout(&started).await;
            shop.platform.pay(&case.pay_id).await;
            shop.advance(MINUTE).await;
            shop.assert_paid_too_late(&case).await;
            assert_eq!(watched(&shop).await, 0, "a paid payment is not watched");
            shop.finish().await;
        }
    }
}

#[actix_web::test]
async fn a_closed_payment_is_watched_until_ten_minutes_after_its_expiry_and_no_longer() {
    let (shop, _, _) = cancelled_before_the_trade_exists(CODE).await;
    shop.advance(PAY_WITHIN + MINUTE * 9).await;
    assert_eq!((watched(&shop).await, shop.app.number("pay", WATCHED)), (1, 1));
    shop.advance(MINUTE * 2).await;
    assert_eq!((watched(&shop).await, shop.app.number("pay", WATCHED)), (0, 0));
    let calls = shop.platform.calls().len();
    shop.advance(MINUTE * 60 * 24).await;
    assert_eq!(shop.platform.calls().len(), calls);
    shop.finish().await;
}

#[actix_web::test]
async fn a_watch_ends_only_with_an_answer_of_the_platform() {
    let (shop, case, started) = cancelled_before_the_trade_exists(CODE).await;
    shop.open_checkout(&started).await;
    shop.platform.pay(&case.pay_id).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Breaks).times(1_000));
    shop.advance(PAY_WITHIN * 4).await;
    assert_eq!(watched(&shop).await, 1);
    shop.platform.clear_faults();
    shop.advance(MINUTE).await;
    shop.assert_paid_too_late(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_platform_that_never_answers_is_not_asked_for_ever() {
    let (mut shop, _, _) = cancelled_before_the_trade_exists(CODE).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Breaks).times(1_000));
    // A message on its way would be consumed before the leap and be done after it, and its inbox would be pruned first.
    shop.app.settle().await;
    shop.advance(PAY_WITHIN + MINUTE * 60 * 24 * 30).await;
    shop.sign_in().await;
    assert_eq!((watched(&shop).await, shop.app.number("pay", WATCHED)), (0, 0));
    shop.finish().await;
}

#[actix_web::test]
async fn the_watch_is_not_shortened_by_a_shorter_time_to_pay() {
    let (mut shop, case, started) = cancelled_before_the_trade_exists(CODE).await;
    shop.app.set("ORDERS__PAY_WITHIN", "1m");
    shop.restart().await;
    shop.advance(MINUTE * 25).await;
    shop.open_checkout(&started).await;
    shop.platform.pay(&case.pay_id).await;
    shop.advance(MINUTE).await;
    shop.assert_paid_too_late(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_that_a_second_click_gave_up_still_pays_the_order() {
    let shop = Shop::<Alipay>::with(Alipay::start().await, &[]).await;
    let order_id = shop.golden_order().await;
    shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Breaks));
    shop.start(CODE, "first", &order_id).await.expect_problem(503, "busy");
    let again = shop.start(CODE, "first", &order_id).await.expect(201);
    let case = Case { order_id, pay_id: again.text_of("pay_id") };
    shop.assert_payment(&case, "closed").await;
    // The customer got the code after all, and the notice of the payment is lost.
    shop.platform.notices_of(&case.pay_id, Sending::lost());
    shop.platform.pay(&case.pay_id).await;
    shop.advance(MINUTE).await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn the_other_payments_of_a_paid_order_are_closed_at_their_platforms_at_once() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "bank")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let one = app.pay_through("sandbox", &zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let two = app.pay_through("bank", &zs, "two", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&two, json!({})).await.expect(200);
    assert_eq!(app.get(&format!("/sandbox/trades/{one}"), "").await.expect(200).body["status"], "closed");
    assert_eq!(app.get(&format!("/v1/payments/{one}"), &zs).await.expect(200).body["status"], "closed");
    app.pay_at_platform(&one, json!({})).await.expect_problem(409, "trade_not_open");
    app.assert_order_paid(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_other_payment_that_is_paid_too_is_refunded_although_its_notice_is_lost() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "bank")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let one = app.pay_through("sandbox", &zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let two = app.pay_through("bank", &zs, "two", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&one, json!({"lose": true})).await.expect(200);
    app.pay_at_platform(&two, json!({})).await.expect(200);
    assert_eq!(app.get(&format!("/v1/payments/{one}"), &zs).await.expect(200).body["status"], "refunded");
    let trade = app.get(&format!("/sandbox/trades/{one}"), "").await.expect(200).body;
    assert_eq!(trade["refunded"], "880.00");
    app.assert_order_paid(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_other_payment_whose_platform_does_not_answer_is_closed_when_it_does() {
    let shop = Shop::<Alipay>::with(Alipay::start().await, &[]).await;
    let order_id = shop.golden_order().await;
    let started = shop.start(CODE, "code", &order_id).await.expect(201);
    let other = Case { order_id: order_id.clone(), pay_id: started.text_of("pay_id") };
    shop.open_checkout(&started).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Close, AnswerFault::Breaks).without_effect());
    let paying = shop.app.pay_through("sandbox", &shop.zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    shop.app.pay_at_platform(&paying, json!({})).await.expect(200);
    shop.assert_payment(&other, "unpaid").await;
    assert_eq!(shop.platform.trade(&other.pay_id).stage, Stage::Waiting);
    shop.advance(MINUTE).await;
    shop.assert_payment(&other, "closed").await;
    assert_eq!(shop.platform.try_pay(&other.pay_id).await, Err("it is closed"));
    shop.assert_order(&other, "confirmed", "paid").await;
    shop.finish().await;
}

#[actix_web::test]
async fn the_end_of_a_payment_is_the_same_in_each_request_to_its_platform() {
    let mut shop = Shop::<Alipay>::with(Alipay::start().await, &NO_QUERIES).await;
    let order_id = shop.golden_order().await;
    let url = |started: crate::support::Answer| started.body["checkout"]["url"].as_str().unwrap().to_owned();
    let end = |url: &str| {
        let query = url.split_once('?').unwrap().1;
        let content = query.split('&').find(|part| part.starts_with("biz_content=")).unwrap();
        content.split_once("time_expire").unwrap().1.chars().take(40).collect::<String>()
    };
    let first = url(shop.start(PAGE, "pay", &order_id).await.expect(201));
    shop.app.set("ORDERS__PAY_WITHIN", "2h");
    shop.restart().await;
    shop.advance(Duration::from_secs(90)).await;
    let second = url(shop.start(PAGE, "pay", &order_id).await.expect(201));
    assert_ne!(first, second, "the second page is signed again");
    assert_eq!(end(&first), end(&second));
    shop.finish().await;
}
