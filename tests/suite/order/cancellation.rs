//! Cancellation of unpaid orders by the customer, by the administrator or at expiry. The payments of the order are
//! closed at their platform first; if the platform has charged one, the order is paid and not cancelled.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{GOODS, OrderBody, TestApp};

const PAY_WITHIN: Duration = Duration::from_secs(30 * 60);

async fn cancel(app: &TestApp, token: &str, order_id: &str) -> crate::support::Answer {
    app.post(&format!("/v1/orders/{order_id}/cancel"), token, json!({})).await
}

async fn order(app: &TestApp, token: &str, order_id: &str) -> Value {
    app.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body
}

/// Checks that the golden order is cancelled and that everything it had taken is released.
async fn assert_released(app: &TestApp, zs: &str, order_id: &str) {
    app.settle().await;
    assert_eq!(order(app, zs, order_id).await["order_status"], "cancelled");
    assert_eq!(app.stock(GOODS).await, 1000);
    let me = app.get("/v1/users/me", zs).await.expect(200).body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("1000.00"), &json!(100)));
    assert_eq!(app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), 0);
}

#[actix_web::test]
async fn a_customer_cancels_an_unpaid_order_and_gets_everything_back() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let cancelled = cancel(&app, &zs, &order_id).await.expect(200).body;
    assert_eq!((&cancelled["order_status"], &cancelled["pay_status"]), (&json!("cancelled"), &json!("unpaid")));
    assert_released(&app, &zs, &order_id).await;
    cancel(&app, &zs, &order_id).await.expect_problem(409, "order_not_cancellable");
    // The order's idempotency key still leads to the order in its current state.
    let again = app.order(&zs, "order", &OrderBody::golden()).await.expect(201);
    assert_eq!((again.text_of("order_id"), &again.body["order_status"]), (order_id, &json!("cancelled")));
    app.finish().await;
}

#[actix_web::test]
async fn a_cancelled_orders_payment_is_closed_at_the_platform_too() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    cancel(&app, &zs, &order_id).await.expect(200);
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body["status"], "closed");
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["status"], "closed");
    app.pay_at_platform(&pay_id, json!({})).await.expect(409);
    assert_released(&app, &zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_is_paid_at_the_platform_is_paid_and_not_cancelled() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    assert_eq!(order(&app, &zs, &order_id).await["pay_status"], "paying");
    cancel(&app, &zs, &order_id).await.expect_problem(409, "order_not_cancellable");
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_is_not_cancelled_while_its_platform_does_not_answer() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paying().await;
    app.fail_at("sandbox.apply");
    cancel(&app, &zs, &order_id).await.expect_problem(503, "busy");
    app.clear_fault("sandbox.apply");
    assert_eq!(order(&app, &zs, &order_id).await["order_status"], "confirmed");
    cancel(&app, &zs, &order_id).await.expect(200);
    assert_released(&app, &zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn only_the_owner_or_the_administrator_with_a_reason_can_cancel_an_order() {
    let app = TestApp::start().await;
    let (zs, (_, mallory), admin) = (app.zs().await, app.customer("mallory", "0.00").await, app.admin().await);
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    cancel(&app, &mallory, &order_id).await.expect_problem(404, "not_found");
    cancel(&app, &zs, "1").await.expect_problem(404, "not_found");
    let path = format!("/admin/orders/{order_id}/cancel");
    app.post(&path, &zs, json!({"reason": "mine"})).await.expect_problem(403, "forbidden");
    app.post(&path, &admin, json!({})).await.expect_problem(422, "invalid_request");
    app.post(&path, &admin, json!({"reason": "out of print"})).await.expect(200);
    assert_released(&app, &zs, &order_id).await;
    let acts =
        "SELECT count(*) AS n FROM order_act WHERE act = 'cancelled' AND by_whom = 2 AND detail = 'out of print'";
    assert_eq!(app.number("order", acts), 1);
    app.finish().await;
}

#[actix_web::test]
async fn twenty_concurrent_cancellations_have_one_effect() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paying().await;
    let (app_, zs_, order_) = (&app, &zs, &order_id);
    let answers = join_all((0..20).map(|_| async move { cancel(app_, zs_, order_).await.status })).await;
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert_released(&app, &zs, &order_id).await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_act"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_concurrent_cancellation_and_payment_leave_the_order_cancelled_or_paid() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let (mut cancelled, mut paid) = (0, 0);
    for round in 0..20 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let path = format!("/sandbox/trades/{pay_id}/pay");
        let (cancellation, _) = if round % 2 == 0 {
            tokio::join!(cancel(&app, &zs, &order_id), app.post(&path, "", json!({})))
        } else {
            let (payment, cancellation) = tokio::join!(app.post(&path, "", json!({})), cancel(&app, &zs, &order_id));
            (cancellation, payment)
        };
        app.settle().await;
        let order = order(&app, &zs, &order_id).await;
        match cancellation.status {
            200 => {
                assert_eq!(order["order_status"], "cancelled");
                cancelled += 1;
            }
            _ => {
                assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("confirmed"), &json!("paid")));
                paid += 1;
            }
        }
    }
    println!("{cancelled} cancelled, {paid} paid");
    app.finish().await;
}

#[actix_web::test]
async fn an_unpaid_order_expires_and_releases_everything() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.advance(PAY_WITHIN - Duration::from_secs(60)).await;
    assert_eq!(order(&app, &zs, &order_id).await["order_status"], "confirmed");
    app.advance(Duration::from_secs(60)).await;
    assert_released(&app, &zs, &order_id).await;
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["status"], "closed");
    app.finish().await;
}

#[actix_web::test]
async fn a_paid_order_does_not_expire_even_if_every_callback_was_lost() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    // The status queries are disabled, so only the expiry of the order makes the shop query the platform.
    app.tamper("pay", "UPDATE pay_ask SET ask_time = 9000000000000000");
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    app.advance(PAY_WITHIN).await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

/// A paid order without its `paid` message: the delivery is postponed until the test changes its due time again.
async fn paid_but_not_notified(app: &TestApp) -> (String, String) {
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.tamper("pay", "UPDATE mq_producer SET msg_status = 0, due_time = 9000000000000000 WHERE group_name = 'order'");
    app.tamper("order", "DELETE FROM mq_consumer WHERE msg_tag = 'paid'");
    app.tamper("order", "DELETE FROM mq_producer WHERE msg_tag = 'paid'");
    app.tamper("user", "DELETE FROM mq_consumer WHERE msg_tag = 'paid'");
    app.tamper("user", "DELETE FROM user_score_log");
    app.tamper("user", "UPDATE users SET user_score = 100 WHERE user_score > 100");
    let unpaid = "pay_status = 1, pay_time = NULL, pay_id = NULL, wake_time = confirm_time";
    app.tamper("order", &format!("UPDATE orders SET {unpaid}"));
    (zs, order_id)
}

#[actix_web::test]
async fn an_order_that_is_not_yet_notified_of_its_payment_is_neither_expired_nor_cancelled() {
    // The chain would name the points that are added a second time.
    let app = TestApp::with(&[("AUDIT__CHAIN", "false")]).await;
    let (zs, order_id) = paid_but_not_notified(&app).await;
    app.advance(PAY_WITHIN).await;
    assert_eq!(order(&app, &zs, &order_id).await["order_status"], "confirmed");
    cancel(&app, &zs, &order_id).await.expect_problem(409, "order_not_cancellable");
    // Not longer ago than delivered messages are kept.
    let now = app.clock.now().0;
    app.tamper("pay", &format!("UPDATE mq_producer SET due_time = {now} WHERE group_name = 'order'"));
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn one_bad_row_does_not_stop_the_others_from_expiring() {
    let app = TestApp::start().await;
    let (zs, bad, _) = app.paying().await;
    // The payment's platform is no longer configured, so the payment cannot be closed there.
    app.tamper("pay", "UPDATE pay SET provider = 'gone'");
    let mut others = Vec::new();
    for n in 0..30 {
        let order_body = OrderBody::of(GOODS, 1);
        others.push(app.order(&zs, &format!("other-{n}"), &order_body).await.expect(201).text_of("order_id"));
    }
    app.advance(PAY_WITHIN).await;
    for order_id in &others {
        assert_eq!(order(&app, &zs, order_id).await["order_status"], "cancelled");
    }
    assert_eq!(order(&app, &zs, &bad).await["order_status"], "confirmed");
    // The cancellation is retried and succeeds as soon as the platform is configured again.
    app.advance(Duration::from_secs(60)).await;
    assert_eq!(order(&app, &zs, &bad).await["order_status"], "confirmed");
    app.tamper("pay", "UPDATE pay SET provider = 'sandbox'");
    app.advance(Duration::from_secs(60)).await;
    assert_released(&app, &zs, &bad).await;
    app.finish().await;
}

#[actix_web::test]
async fn orders_that_expired_while_the_shop_was_stopped_are_cancelled_after_the_start() {
    let mut app = TestApp::start().await;
    let (zs, order_id, _) = app.paying().await;
    app.stop(Duration::ZERO).await;
    app.clock.advance(PAY_WITHIN);
    app.restart().await;
    assert_released(&app, &zs, &order_id).await;
    app.finish().await;
}
