//! Messages that are written with a claim and handed over to the relay of the same process: they need no other claim, and
//! none is lost or invented if the transaction, the wake-up or the relay fails.

use std::time::Duration;

use serde_json::json;
use tradepost::actor::fault::Fault;

use super::delivery::{LEASE, assert_released, assert_untouched};
use crate::support::{GOODS, OrderBody, TestApp};

/// Orders are cancelled at once, and only a test itself polls.
const SETTINGS: [(&str, &str); 2] = [("ORDERS__DEADLINE", "0s"), ("RELAY__POLL", "1h")];

/// Nothing else writes to the store of the order's owner, so that a fault hits the intended transaction.
const QUIET: [(&str, &str); 5] = [
    SETTINGS[0],
    SETTINGS[1],
    ("ORDERS__SWEEP_EVERY", "1h"),
    ("PAYMENTS__SWEEP_EVERY", "1h"),
    ("AUDIT__CHAIN", "false"),
];
/// Number of transactions of the order's owner before the cancellation: the order is written, and found late.
const BEFORE_CANCELLATION: u32 = 2;

/// Places an order that is cancelled after it has reserved everything.
async fn cancelled_order(app: &TestApp, token: &str, key: &str) {
    app.order(token, key, &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
}

fn messages(app: &TestApp, condition: &str) -> i64 {
    app.number("order", &format!("SELECT count(*) AS n FROM mq_producer WHERE {condition}"))
}

/// Number of messages that goods, coupon and user have consumed.
fn consumed(app: &TestApp) -> i64 {
    ["goods", "coupon", "user"].iter().map(|owner| app.number(owner, "SELECT count(*) AS n FROM mq_consumer")).sum()
}

#[actix_web::test]
async fn messages_are_delivered_without_another_transaction_of_their_outbox() {
    let app = TestApp::with(&[&QUIET[..], &[("RELAY__BACKOFF__LONGEST", "1ms")]].concat()).await;
    let zs = app.zs().await;
    app.settle().await;
    // Nothing is written after the cancellation.
    app.faults.plan("order.apply", Fault::Error, BEFORE_CANCELLATION + 1, u32::MAX);
    cancelled_order(&app, &zs, "order").await;
    app.until(|| consumed(&app) == 3).await;
    assert_eq!(messages(&app, "msg_status = 0 AND attempts = 1 AND node_id = 0"), 3);
    app.clear_fault("order.apply");
    app.advance(LEASE).await;
    assert_released(&app, 1).await;
    app.finish().await;
}

#[actix_web::test]
async fn messages_of_a_transaction_that_is_rolled_back_are_not_delivered() {
    let app = TestApp::with(&QUIET).await;
    let zs = app.zs().await;
    app.settle().await;
    // The cancellation panics after it has written its messages, and is then written again.
    app.faults.plan("order.before_commit", Fault::Panic, BEFORE_CANCELLATION, 1);
    cancelled_order(&app, &zs, "order").await;
    app.settle().await;
    assert_eq!(app.faults.fired("order.before_commit"), 1);
    assert_released(&app, 1).await;
    assert_eq!(consumed(&app), 3, "the messages of the first transaction have other ids");
    app.finish().await;
}

#[actix_web::test]
async fn a_lost_wake_up_only_delays_messages() {
    let app = TestApp::with(&SETTINGS).await;
    let zs = app.zs().await;
    app.fail_at("relay.handle");
    cancelled_order(&app, &zs, "order").await;
    assert_eq!(consumed(&app), 0);
    app.clear_fault("relay.handle");
    app.settle().await;
    assert_released(&app, 1).await;
    app.finish().await;
}

#[actix_web::test]
async fn messages_whose_claim_has_ended_before_their_delivery_are_claimed_like_any_others() {
    let app = TestApp::with(&SETTINGS).await;
    let zs = app.zs().await;
    app.fail_at("relay.handle");
    cancelled_order(&app, &zs, "order").await;
    app.clear_fault("relay.handle");
    app.advance(LEASE).await;
    assert_released(&app, 2).await;
    assert_eq!(consumed(&app), 3);
    app.finish().await;
}

#[actix_web::test]
async fn messages_are_written_without_a_claim_when_the_relay_has_fallen_behind() {
    let app = TestApp::with(&[SETTINGS[0], SETTINGS[1], ("RELAY__BATCH_MAX", "1")]).await;
    let zs = app.zs().await;
    app.fail_at("relay.handle");
    for number in 0..5 {
        app.order(&zs, &format!("order-{number}"), &OrderBody::of(GOODS, 1))
            .await
            .expect_problem(409, "order_deadline_passed");
    }
    // Two messages wait for each of three consumer groups.
    assert_eq!(messages(&app, "msg_status = 0 AND attempts = 1 AND node_id = 0"), 6);
    assert_eq!(messages(&app, "msg_status = 0 AND attempts = 0 AND node_id IS NULL AND due_time = create_time"), 9);
    app.clear_fault("relay.handle");
    app.settle().await;
    assert_eq!(messages(&app, "msg_status = 1 AND attempts = 1"), 15);
    assert_eq!(consumed(&app), 15);
    assert_untouched(&app).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_delayed_message_is_written_without_a_claim() {
    let app = TestApp::with(&[SETTINGS[1]]).await;
    let (_, _, pay_id) = app.paying().await;
    let callbacks = json!({"delay_ms": 60_000});
    app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", callbacks).await.expect(200);
    app.settle().await;
    let waiting = "SELECT count(*) AS n FROM mq_producer WHERE attempts = 0 AND due_time = create_time + 60000";
    assert_eq!(app.number("sandbox", waiting), 1);
    app.advance(Duration::from_secs(60)).await;
    assert_eq!(app.callback_statuses(&pay_id).await, [200]);
    app.finish().await;
}

#[actix_web::test]
async fn messages_that_are_handed_over_under_load_have_their_effects_once() {
    let app = TestApp::with(&[SETTINGS[0], ("RELAY__BATCH_MAX", "3"), ("RELAY__POLL", "10ms")]).await;
    let zs = app.zs().await;
    // Now and then a delivery panics, which restarts the relay and releases its claims.
    app.faults.plan("relay.deliver", Fault::Panic, 5, 3);
    let keys: Vec<String> = (0..40).map(|number| format!("order-{number}")).collect();
    let goods = OrderBody::of(GOODS, 1);
    let answers = futures_util::future::join_all(keys.iter().map(|key| app.order(&zs, key, &goods))).await;
    answers.into_iter().for_each(|answer| drop(answer.expect_problem(409, "order_deadline_passed")));
    app.settle().await;
    app.advance(LEASE).await;
    assert_eq!(app.faults.fired("relay.deliver"), 3);
    assert_eq!((messages(&app, "msg_status = 1"), messages(&app, "msg_status <> 1")), (120, 0));
    assert_eq!(consumed(&app), 120);
    assert_untouched(&app).await;
    app.finish().await;
}
