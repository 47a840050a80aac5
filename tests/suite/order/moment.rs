//! Stored moments against another setting, or another time of the clock: nothing waits longer than the present settings
//! allow, and nothing is cancelled early.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::server::{Engine, engine};
use crate::support::{GOODS, OrderBody, TestApp};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR_MS: i64 = 3_600_000;
/// Far beyond every setting.
const FAR: &str = "9000000000000";

/// An order that waits for its payment.
async fn waiting(settings: &[(&str, &str)]) -> (TestApp, String, String) {
    let app = TestApp::with(settings).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.settle().await;
    (app, zs, order_id)
}

async fn status_of(app: &TestApp, token: &str, order_id: &str) -> String {
    app.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).text_of("order_status")
}

/// Checks that the order is confirmed until `rest` has passed, and cancelled one minute later.
async fn assert_expires_after(app: &TestApp, token: &str, order_id: &str, rest: Duration) {
    app.advance(rest - MINUTE).await;
    assert_eq!(status_of(app, token, order_id).await, "confirmed", "one minute before {rest:?}");
    app.advance(2 * MINUTE).await;
    assert_eq!(status_of(app, token, order_id).await, "cancelled", "one minute after {rest:?}");
    assert_eq!(app.stock(GOODS).await, 1000);
}

/// Sets the clock right again: the audit names what lies in the future.
async fn set_right(app: &TestApp) {
    app.settle().await;
    app.clock.step(HOUR_MS);
}

async fn ahead(app: &TestApp) -> Value {
    app.get("/admin/status", &app.admin().await).await.expect(200).body["ahead"].clone()
}

/// The violations that the audit finds of moments that are too far ahead.
fn named_by_audit(app: &TestApp) -> Vec<String> {
    let report = serde_json::to_value(app.audit()).unwrap();
    let invariants = report["invariants"].as_array().unwrap();
    let moments = invariants.iter().find(|invariant| invariant["name"] == "no_moment_ahead").unwrap();
    moments["violations"].as_array().unwrap().iter().map(|violation| violation.as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn after_pay_within_was_lowered_a_waiting_order_can_be_paid_for_that_long_and_no_longer() {
    let (mut app, zs, order_id) = waiting(&[("ORDERS__PAY_WITHIN", "10h")]).await;
    app.clock.advance(5 * MINUTE);
    app.set("ORDERS__PAY_WITHIN", "30m");
    app.restart().await;
    app.settle().await;
    assert_expires_after(&app, &zs, &order_id, 30 * MINUTE).await;
    app.finish().await;
}

#[actix_web::test]
async fn after_pay_within_was_raised_a_waiting_order_can_be_paid_longer() {
    let (mut app, zs, order_id) = waiting(&[]).await;
    app.clock.advance(20 * MINUTE);
    app.set("ORDERS__PAY_WITHIN", "2h");
    app.restart().await;
    app.settle().await;
    app.advance(20 * MINUTE).await;
    assert_expires_after(&app, &zs, &order_id, 80 * MINUTE).await;
    app.finish().await;
}

#[actix_web::test]
async fn after_the_clock_was_set_back_a_waiting_order_expires_within_the_payment_period() {
    for is_restarted in [false, true] {
        let (mut app, zs, order_id) = waiting(&[]).await;
        app.clock.step(-HOUR_MS);
        if is_restarted {
            app.restart().await;
        }
        app.settle().await;
        assert_expires_after(&app, &zs, &order_id, 30 * MINUTE).await;
        set_right(&app).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_step_forward_of_the_clock_cancels_no_order_that_waits_for_its_payment() {
    let (app, zs, order_id) = waiting(&[]).await;
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.settle().await;
    app.clock.step(HOUR_MS);
    app.settle().await;
    assert_eq!(status_of(&app, &zs, &order_id).await, "confirmed");
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body["status"], "unpaid");
    // An order that is placed after the step has its whole period, too.
    app.advance(10 * MINUTE).await;
    let later = app.order(&zs, "later", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.advance(15 * MINUTE).await;
    app.pay(&zs, "pay-later", &later).await.expect(201);
    app.advance(6 * MINUTE).await;
    let statuses = (status_of(&app, &zs, &order_id).await, status_of(&app, &zs, &later).await);
    assert_eq!((statuses.0.as_str(), statuses.1.as_str()), ("cancelled", "confirmed"));
    app.advance(10 * MINUTE).await;
    assert_eq!(status_of(&app, &zs, &later).await, "cancelled");
    app.finish().await;
}

#[actix_web::test]
async fn after_the_clock_was_set_back_messages_payments_and_tokens_are_as_before() {
    if engine() != Engine::Sqlite {
        return println!("a database server's clock is used, so that of this machine changes nothing");
    }
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let cancelled = app.order(&zs, "cancelled", &OrderBody::of(GOODS, 2)).await.expect(201).text_of("order_id");
    app.fail_at("goods.handle");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    app.settle().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    app.clock.step(-HOUR_MS);
    app.clear_fault("goods.handle");
    app.settle().await;
    assert_eq!(app.stock(GOODS).await, 999, "the message with a delay from before is delivered");
    app.assert_order_paid(&zs, &order_id).await;
    set_right(&app).await;
    app.finish().await;
}

#[actix_web::test]
async fn after_the_clock_was_set_back_a_running_saga_ends_within_its_deadline() {
    let settings = [("ORDERS__ANSWER_WITHIN", "150ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
    let app = TestApp::with(&settings).await;
    let zs = app.zs().await;
    app.faults.plan("goods.apply", Fault::Error, 0, u32::MAX);
    let order_id = app.order(&zs, "stalled", &OrderBody::of(GOODS, 1)).await.expect(202).text_of("order_id");
    app.clock.step(-HOUR_MS);
    let tried = app.faults.fired("goods.apply");
    app.until(|| app.faults.fired("goods.apply") > tried + 2).await;
    app.clock.advance(Duration::from_secs(31));
    let cancelled = format!("SELECT count(*) AS n FROM orders WHERE order_id = {order_id} AND order_status = 2");
    app.until(|| app.number("order", &cancelled) == 1).await;
    app.clear_fault("goods.apply");
    app.advance(MINUTE).await;
    set_right(&app).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_moment_further_ahead_than_the_settings_allow_is_counted_named_and_brought_forward() {
    // The chain would name the refund that is made a second time.
    let settings = [("RELAY__POLL", "1h"), ("ORDERS__SWEEP_EVERY", "1h"), ("AUDIT__CHAIN", "false")];
    let app = TestApp::with(&settings).await;
    let (zs, order_id, pay_id) = app.paying().await;
    let paid = app.order(&zs, "paid", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let refunded = app.pay(&zs, "paid", &paid).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&refunded, json!({})).await.expect(200);
    app.refund(&zs, "refund", &paid).await.expect(202);
    app.settle().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    assert_eq!(ahead(&app).await, json!({"orders": 0, "messages": 0, "payments": 0, "refunds": 0}));
    assert_eq!(named_by_audit(&app), [""; 0]);

    app.tamper("order", &format!("UPDATE orders SET wake_time = {FAR} WHERE order_id = {order_id}"));
    app.tamper("order", &format!("UPDATE mq_producer SET msg_status = 0, due_time = {FAR} WHERE group_name = 'goods'"));
    app.tamper("pay", &format!("UPDATE pay_ask SET ask_time = {FAR}"));
    app.tamper("pay", &format!("UPDATE pay_refund SET status = 0, done_time = NULL, due_time = {FAR}"));
    assert_eq!(ahead(&app).await, json!({"orders": 1, "messages": 1, "payments": 1, "refunds": 1}));
    let named = named_by_audit(&app);
    assert_eq!(named.len(), 4, "{named:?}");
    for (violation, row) in
        named.iter().zip([&format!("order {order_id}"), "message", &format!("payment {pay_id}"), "refund"])
    {
        assert!(violation.starts_with(row), "{violation}");
    }

    app.settle().await;
    assert_eq!(ahead(&app).await, json!({"orders": 0, "messages": 0, "payments": 0, "refunds": 0}));
    // The platform was asked for the payment and the refund, and the message is delivered again without an effect.
    app.assert_order_paid(&zs, &order_id).await;
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_refund WHERE status = 1"), 1);
    app.finish().await;
}
