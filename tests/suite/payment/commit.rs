//! Callbacks that meet a fault: the platform repeats them, and a payment is never marked paid without its messages.

use std::time::Duration;

use crate::support::{OrderBody, SLOW, TestApp};
use serde_json::json;
use tradepost::actor::fault::Fault;

const HOUR: Duration = Duration::from_secs(3600);

#[actix_web::test]
async fn a_callback_before_the_checkout_is_stored_is_accepted() {
    let app = TestApp::with(&SLOW).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    // The payment is stored, but the platform's answer is not: the first write of Pay passes, the second one fails.
    app.faults.plan("pay.apply", Fault::Error, 1, 1);
    app.pay(&zs, "pay", &order_id).await.expect_problem(503, "busy");
    let pay_id = app.number("pay", "SELECT pay_id AS n FROM pay WHERE checkout IS NULL").to_string();
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    assert_eq!(app.pay(&zs, "pay", &order_id).await.expect(201).body["status"], "paid");
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_and_its_messages_are_committed_together() {
    let app = TestApp::with(&SLOW).await;
    let (zs, order_id, pay_id) = app.paying().await;
    // The fault strikes after all writes and before the commit.
    app.faults.plan("pay.before_commit", Fault::Error, 0, 1);
    assert_eq!(app.pay_and_await_callback(&pay_id).await, [503]);
    assert_eq!(app.faults.fired("pay.before_commit"), 1);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_notice"), 0);
    app.assert_unpaid().await;
    // Nothing is lost, because the platform repeats the callback.
    app.advance(HOUR * 2).await;
    assert_eq!(app.callback_statuses(&pay_id).await, [503, 200]);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_callback_with_a_lost_answer_has_taken_effect() {
    let app = TestApp::with(&SLOW).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.faults.plan("pay.after_commit", Fault::Error, 0, 1);
    assert_eq!(app.pay_and_await_callback(&pay_id).await, [503]);
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.advance(HOUR * 2).await;
    assert_eq!(app.callback_statuses(&pay_id).await, [503, 200]);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}
