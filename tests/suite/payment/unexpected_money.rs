//! Payments that the order cannot use: after its cancellation, a second time, through a second platform, with another
//! amount or for another merchant. The money is refunded automatically or parked with a reason, never kept silently.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{GOODS, OrderBody, TestApp};

const PAY_WITHIN: Duration = Duration::from_secs(30 * 60);

impl TestApp {
    /// The amounts that the platform has charged and refunded for a payment.
    async fn at_platform(&self, pay_id: &str) -> (Value, Value) {
        let trade = self.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
        (trade["charged"].clone(), trade["refunded"].clone())
    }
}

/// Opens a payment again at the platform, as if the close call had had no effect there.
fn reopen(app: &TestApp, pay_id: &str) {
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 0 WHERE out_trade_no = '{pay_id}'"));
}

/// A cancelled order whose payment is still open at the platform, as if the close call had had no effect there.
async fn cancelled_but_open(app: &TestApp) -> (String, String, String) {
    let (zs, order_id, pay_id) = app.paying().await;
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    app.settle().await;
    app.tamper("sandbox", "UPDATE sandbox_trade SET status = 0");
    (zs, order_id, pay_id)
}

#[actix_web::test]
async fn payment_of_a_cancelled_order_is_refunded_automatically() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = cancelled_but_open(&app).await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(app.at_platform(&pay_id).await, (json!("880.00"), json!("880.00")));
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "refunded");
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.body;
    assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("cancelled"), &json!("unpaid")));
    let me = app.get("/v1/users/me", &zs).await.body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("1000.00"), &json!(100)), "points for refunded money");
    app.finish().await;
}

#[actix_web::test]
async fn payment_of_an_expired_order_is_refunded_automatically_even_with_fifty_callbacks() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    app.advance(PAY_WITHIN).await;
    app.tamper("sandbox", "UPDATE sandbox_trade SET status = 0");
    app.pay_at_platform(&pay_id, json!({"callbacks": 50, "concurrent": true})).await.expect(200);
    assert_eq!(app.at_platform(&pay_id).await, (json!("880.00"), json!("880.00")));
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_late_callback_is_accepted_and_its_payment_refunded() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = cancelled_but_open(&app).await;
    app.pay_at_platform(&pay_id, json!({"delay_ms": 3_600_000})).await.expect(200);
    assert_eq!(app.at_platform(&pay_id).await, (json!("880.00"), json!("0.00")));
    app.advance(Duration::from_secs(3_700)).await;
    let trade = app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
    assert_eq!((&trade["deliveries"][0]["status_code"], &trade["refunded"]), (&json!(200), &json!("880.00")));
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn a_callback_after_a_status_query_changes_nothing() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"delay_ms": 3_600_000, "callbacks": 3})).await.expect(200);
    app.advance(Duration::from_secs(2)).await;
    app.assert_order_paid(&zs, &order_id).await;
    app.advance(Duration::from_secs(3_700)).await;
    app.assert_order_paid(&zs, &order_id).await;
    assert_eq!(app.at_platform(&pay_id).await, (json!("880.00"), json!("0.00")));
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_score"], 980);
    app.finish().await;
}

#[actix_web::test]
async fn a_second_payment_through_a_second_platform_is_refunded() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "sandbox_b")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let one = app.pay_through("sandbox", &zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let two = app.pay_through("sandbox_b", &zs, "two", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&two, json!({})).await.expect(200);
    reopen(&app, &one);
    app.pay_at_platform(&one, json!({})).await.expect(200);
    assert_eq!(app.at_platform(&two).await, (json!("880.00"), json!("0.00")));
    assert_eq!(app.at_platform(&one).await, (json!("880.00"), json!("880.00")));
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_score"], 980);
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.body;
    assert_eq!((&order["pay_status"], &order["pay_id"]), (&json!("paid"), &json!(two)));
    app.finish().await;
}

#[actix_web::test]
async fn of_concurrent_payments_through_two_platforms_one_is_refunded() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "sandbox_b")]).await;
    let zs = app.zs().await;
    for round in 0..10 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let one =
            app.pay_through("sandbox", &zs, &format!("one-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let two =
            app.pay_through("sandbox_b", &zs, &format!("two-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let how = json!({"callbacks": 5, "concurrent": true});
        let paths = [&one, &two].map(|pay_id| format!("/sandbox/trades/{pay_id}/pay"));
        join_all(paths.iter().map(|path| app.post(path, "", how.clone()))).await;
        app.settle().await;
        let back = [app.at_platform(&one).await.1, app.at_platform(&two).await.1];
        assert!(back.contains(&json!("0.00")) && back.contains(&json!("1000.00")), "{back:?}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_callback_that_does_not_match_the_payment_is_parked_with_its_reason() {
    for (tamper, reason) in
        [("amount", "the amount differs"), ("merchant", "the merchant differs"), ("order", "the payment is unknown")]
    {
        let app = TestApp::start().await;
        let (zs, order_id, pay_id) = app.paying().await;
        app.pay_at_platform(&pay_id, json!({"tamper": tamper})).await.expect(200);
        let parked = format!("SELECT count(*) AS n FROM pay_notice WHERE verdict = 2 AND reason = '{reason}'");
        assert_eq!(app.number("pay", &parked), 1, "{tamper}");
        // The platform got an error reply. A status query then finds the payment and corrects the balances.
        app.advance(Duration::from_secs(60)).await;
        app.assert_order_paid(&zs, &order_id).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_charge_of_another_amount_is_parked_and_the_order_is_cancelled() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    app.tamper("sandbox", "UPDATE sandbox_trade SET charged = 87900");
    app.advance(Duration::from_secs(60)).await;
    let parked = "SELECT count(*) AS n FROM pay_notice WHERE verdict = 2 AND reason = 'the amount differs'";
    assert_eq!(app.number("pay", parked), 1);
    app.advance(PAY_WITHIN).await;
    assert_eq!(app.get(&format!("/v1/orders/{order_id}"), &zs).await.body["order_status"], "cancelled");
    assert_eq!(app.number("pay", parked), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_of_a_refunded_order_is_refunded_too() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "sandbox_b")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let one = app.pay_through("sandbox", &zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let two = app.pay_through("sandbox_b", &zs, "two", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&one, json!({})).await.expect(200);
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    reopen(&app, &two);
    app.pay_at_platform(&two, json!({})).await.expect(200);
    for pay_id in [&one, &two] {
        assert_eq!(app.at_platform(pay_id).await, (json!("880.00"), json!("880.00")));
    }
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_score"], 100);
    app.finish().await;
}

#[actix_web::test]
async fn a_notice_that_first_named_another_payment_is_stored_with_the_one_it_paid() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"tamper": "order"})).await.expect(200);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_order_paid(&zs, &order_id).await;
    let stored = format!("SELECT count(*) AS n FROM pay_notice WHERE verdict = 1 AND pay_id = {pay_id}");
    assert_eq!(app.number("pay", &stored), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_late_payment_for_the_last_unit_is_refunded_and_blocks_no_other_order() {
    let app = TestApp::start().await;
    let (zs, (_, other)) = (app.zs().await, app.customer("other", "0.00").await);
    let goods = app.goods(1, "200.00").await;
    let first = app.order(&zs, "first", &OrderBody::of(&goods, 1)).await.expect(201).text_of("order_id");
    let late = app.pay(&zs, "late", &first).await.expect(201).text_of("pay_id");
    app.order(&other, "early", &OrderBody::of(&goods, 1)).await.expect_problem(409, "insufficient_stock");
    app.advance(PAY_WITHIN).await;
    let second = app.order(&other, "second", &OrderBody::of(&goods, 1)).await.expect(201).text_of("order_id");
    let paid = app.pay(&other, "paid", &second).await.expect(201).text_of("pay_id");
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 0 WHERE out_trade_no = '{late}'"));
    app.pay_at_platform(&late, json!({})).await.expect(200);
    app.pay_at_platform(&paid, json!({})).await.expect(200);
    assert_eq!(app.at_platform(&late).await, (json!("200.00"), json!("200.00")));
    assert_eq!(app.at_platform(&paid).await, (json!("200.00"), json!("0.00")));
    app.assert_order_paid(&other, &second).await;
    assert_eq!(app.stock(&goods).await, 0);
    app.finish().await;
}
