//! Interrupted messages and sagas: they are resumed after a restart, taken over after a lease, or dead-lettered with a
//! reason. Each message has its effect once.

use std::time::Duration;

use crate::support::{GOODS, OrderBody, TestApp, USER};
use serde_json::json;
use tradepost::actor::fault::Fault;

/// `relay.lease` of the tests.
pub const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

/// Asserts that stock, balance and coupon are as before the order.
pub async fn assert_untouched(app: &TestApp) {
    assert_eq!(app.stock(GOODS).await, 1000);
    let balance = format!("SELECT user_money AS n FROM users WHERE user_id = {USER}");
    assert_eq!(app.number("user", &balance), 100_000);
    assert_eq!(app.number("coupon", "SELECT sum(is_used) AS n FROM coupon"), 0);
}

/// Places an order that is cancelled after it has reserved everything. Its messages are claimed by a node that then
/// fails to deliver them.
async fn with_claimed_messages(app: &TestApp) {
    let zs = app.zs().await;
    app.fail_at("relay.deliver");
    app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM mq_producer WHERE attempts = 1 AND node_id = 0"), 3);
    assert_eq!(app.stock(GOODS).await, 999);
    app.clear_fault("relay.deliver");
}

/// Asserts that all reservations were released once, after `attempts` deliveries of each message.
pub async fn assert_released(app: &TestApp, attempts: i64) {
    assert_untouched(app).await;
    assert_eq!(app.number("order", "SELECT sum(attempts) AS n FROM mq_producer WHERE msg_status = 1"), 3 * attempts);
    for (owner, table) in [("goods", "goods_number_log"), ("coupon", "coupon_log"), ("user", "user_money_log")] {
        assert_eq!(app.number(owner, &format!("SELECT count(*) AS n FROM {table}")), 2, "{table}");
    }
}

#[actix_web::test]
async fn an_interrupted_order_is_cancelled_after_the_restart() {
    for events in 0..3 {
        let mut app = TestApp::start().await;
        let zs = app.zs().await;
        app.faults.plan("coordinator.event", Fault::Error, events, u32::MAX);
        app.order(&zs, "key", &OrderBody::golden()).await.expect_problem(503, "busy");
        assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders WHERE order_status = 0"), 1);
        app.order(&zs, "key", &OrderBody::golden()).await.expect_problem(409, "idempotency_key_in_use");
        app.stop(Duration::ZERO).await;
        app.clear_fault("coordinator.event");
        app.clock.advance(Duration::from_secs(31));
        app.restart().await;
        app.settle().await;

        assert_untouched(&app).await;
        assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders WHERE order_status = 2"), 1);
        app.order(&zs, "key", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
        app.finish().await;
    }
}

#[actix_web::test]
async fn an_interrupted_order_is_confirmed_after_a_restart_within_its_deadline() {
    for events in 0..4 {
        let mut app = TestApp::start().await;
        let zs = app.zs().await;
        app.faults.plan("coordinator.event", Fault::Error, events, u32::MAX);
        app.order(&zs, "key", &OrderBody::golden()).await.expect_problem(503, "busy");
        app.stop(Duration::ZERO).await;
        app.clear_fault("coordinator.event");
        app.restart().await;
        app.settle().await;

        let order = app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
        assert_eq!(order.body["order_status"], "confirmed");
        assert_eq!((app.stock(GOODS).await, app.rows()["order.orders"]), (999, 1));
        app.finish().await;
    }
}

#[actix_web::test]
async fn an_order_whose_cancellation_could_not_be_stored_is_cancelled_after_the_restart() {
    let mut app = TestApp::with(&[("ORDERS__ANSWER_WITHIN", "100ms"), ("ORDERS__DEADLINE", "2s")]).await;
    let zs = app.zs().await;
    // The pre-order is written; every later write of the order's owner fails.
    app.faults.plan("order.apply", Fault::Error, 1, u32::MAX);
    let accepted = app.order(&zs, "key", &OrderBody::golden()).await.expect(202);
    let order_id = accepted.text_of("order_id");
    app.clock.advance(Duration::from_secs(2));
    app.stop(Duration::ZERO).await;
    app.clear_fault("order.apply");
    app.restart().await;
    app.settle().await;

    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("cancelled"), &json!("order_deadline_passed")));
    assert_released(&app, 1).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_panic_in_a_saga_restarts_the_coordinator_and_the_saga_is_resumed() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    app.faults.plan("coordinator.event", Fault::Panic, 1, 1);
    app.order(&zs, "key", &OrderBody::golden()).await.expect_problem(503, "busy");
    app.settle().await;
    let order = app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
    assert_eq!(order.body["order_status"], "confirmed");
    assert_eq!(app.actor("coordinator").await["restarts"], 1);
    app.finish().await;
}

#[actix_web::test]
async fn messages_that_are_claimed_and_not_acknowledged_are_due_again_after_the_lease() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    with_claimed_messages(&app).await;
    app.settle().await;
    assert_eq!(app.stock(GOODS).await, 999);
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM mq_producer WHERE msg_status = 0 AND attempts = 1"), 3);
    app.advance(LEASE).await;
    assert_released(&app, 2).await;
    app.finish().await;
}

#[actix_web::test]
async fn messages_claimed_by_a_node_that_is_gone_are_taken_over_at_once() {
    let mut app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    with_claimed_messages(&app).await;
    app.tamper("order", "UPDATE mq_producer SET node_id = 7");
    app.restart().await;
    app.until(|| app.number("order", "SELECT count(*) AS n FROM mq_producer WHERE msg_status = 0") == 0).await;
    assert_released(&app, 2).await;
    app.finish().await;
}

#[actix_web::test]
async fn messages_claimed_before_a_restart_are_taken_over_at_once() {
    let mut app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    with_claimed_messages(&app).await;
    app.restart().await;
    app.until(|| app.number("order", "SELECT count(*) AS n FROM mq_producer WHERE msg_status = 0") == 0).await;
    assert_released(&app, 2).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_message_whose_consumer_fails_around_its_commit_has_its_effect_once() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s"), ("RELAY__BACKOFF__FIRST", "1h")]).await;
    for (n, point) in (1_i64..).zip(["user.before_commit", "user.after_commit"]) {
        let zs = app.zs().await;
        // The first write takes the balance, the second returns it.
        app.faults.plan(point, Fault::Error, 1, 1);
        app.order(&zs, point, &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
        app.settle().await;
        assert_eq!(app.faults.fired(point), 1, "{point}");
        app.advance(HOUR).await;
        assert_untouched(&app).await;
        assert_eq!(app.number("user", "SELECT count(*) AS n FROM user_money_log"), 2 * n);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_malformed_message_is_dead_lettered_with_a_reason_and_delays_no_other() {
    let attempts = [("RELAY__ATTEMPTS", "3"), ("RELAY__BACKOFF__FIRST", "1h"), ("RELAY__BACKOFF__LONGEST", "1h")];
    let app = TestApp::with(&[attempts[0], attempts[1], attempts[2], ("ORDERS__DEADLINE", "0s")]).await;
    let plant = |id: &str, group: &str, body: &str| {
        let row = format!("('{id}', '{group}', 'order', 'cancel', 'nonsense', '{body}', 0, 1, 1, 0)");
        let columns =
            "id, group_name, msg_topic, msg_tag, msg_key, msg_body, msg_status, create_time, due_time, attempts";
        app.tamper("order", &format!("INSERT INTO mq_producer ({columns}) VALUES {row}"));
    };
    for (group, body) in [("goods", "{"), ("coupon", ""), ("user", "{\"order_id\":5}")] {
        plant(&format!("00000000-poison-{group}"), group, body);
    }
    let zs = app.zs().await;
    app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    assert_untouched(&app).await;
    for attempt in 1..=3 {
        let query =
            format!("SELECT count(*) AS n FROM mq_producer WHERE msg_key = 'nonsense' AND attempts = {attempt}");
        assert_eq!(app.number("order", &query), 3, "attempt {attempt}");
        let dead = "SELECT count(*) AS n FROM mq_producer WHERE msg_status = 2 AND remark IS NOT NULL";
        assert_eq!(app.number("order", dead), if attempt == 3 { 3 } else { 0 }, "attempt {attempt}");
        app.advance(HOUR).await;
    }
    let status = app.get("/admin/status", &app.admin().await).await.expect(200).body;
    assert_eq!((&status["status"], &status["outbox"]["dead"]), (&json!("degraded"), &json!(3)));
    assert_eq!(status["outbox"]["pending"], 0);
    // A dead message with a reason is a matter for the operator. The audit does not report it.
    app.finish().await;
}

#[actix_web::test]
async fn failures_of_the_consumers_database_bring_a_message_no_closer_to_its_last_attempt() {
    let settings = [("RELAY__ATTEMPTS", "1"), ("RELAY__BACKOFF__FIRST", "1h"), ("RELAY__BACKOFF__LONGEST", "1h")];
    for fault in ["goods.handle", "goods.apply", "goods.before_commit", "goods.after_commit"] {
        let app = TestApp::with(&[settings[0], settings[1], settings[2], ("ORDERS__DEADLINE", "0s")]).await;
        with_claimed_messages(&app).await;
        app.fail_at(fault);
        // The delay between these attempts is short, whatever the settings say: nothing is wrong with the message.
        for _ in 0..5 {
            app.advance(LEASE).await;
        }
        assert!(app.faults.fired(fault) >= 5, "{fault}");
        let row = "FROM mq_producer WHERE group_name = 'goods' AND msg_status = 0 AND remark IS NOT NULL";
        assert_eq!(app.number("order", &format!("SELECT count(*) AS n {row}")), 1, "{fault}");
        assert_eq!(app.number("order", &format!("SELECT attempts AS n {row}")), 1, "only the interrupted attempt");
        app.clear_fault(fault);
        app.advance(LEASE).await;
        assert_untouched(&app).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn outcomes_that_the_outbox_could_not_record_are_recorded_later() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s"), ("RELAY__BACKOFF__LONGEST", "1ms")]).await;
    let zs = app.zs().await;
    let stock = &format!("SELECT goods_number AS n FROM goods WHERE goods_id = {GOODS}");
    // The second write of Goods, which returns the stock, takes so long that the outbox is broken when it is done.
    app.faults.plan("goods.apply", Fault::Delay(Duration::from_millis(300)), 1, 1);
    app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.until(|| app.faults.fired("goods.apply") == 1).await;
    app.fail_at("order.apply");
    app.until(|| app.number("goods", stock) == 1000 && app.faults.fired("order.apply") >= 6).await;
    app.clear_fault("order.apply");
    // When the lease ends, the message is acknowledged before it could be claimed again.
    app.advance(LEASE).await;
    assert_released(&app, 1).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_message_that_is_delivered_repeatedly_has_its_effect_once() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    let zs = app.zs().await;
    app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    let again = "UPDATE mq_producer SET msg_status = 0, due_time = 1";
    app.tamper("order", again);
    app.settle().await;
    assert_released(&app, 2).await;
    // The same holds after the consumers have deleted their record of the message.
    for owner in ["goods", "coupon", "user"] {
        app.tamper(owner, "DELETE FROM mq_consumer");
    }
    app.tamper("order", again);
    app.settle().await;
    assert_released(&app, 3).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_message_of_a_payment_that_is_delivered_repeatedly_has_its_effect_once() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    for is_inbox_deleted in [false, true] {
        for owner in ["order", "user"] {
            if is_inbox_deleted {
                app.tamper(owner, "DELETE FROM mq_consumer");
            }
        }
        for owner in ["pay", "order"] {
            app.tamper(owner, "UPDATE mq_producer SET msg_status = 0, due_time = 1");
        }
        app.settle().await;
        assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_score"], 980);
        assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_audit_finds_a_message_that_is_marked_done_without_its_effect() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    with_claimed_messages(&app).await;
    app.tamper("order", "UPDATE mq_producer SET msg_status = 1");
    app.settle().await;
    let report = serde_json::to_value(app.audit()).unwrap();
    assert_eq!(report["ok"], false);
    for (name, violations) in [("outbox_effect", 3), ("stock_order", 1), ("money_order", 1), ("coupon_once", 1)] {
        let invariant = report["invariants"].as_array().unwrap().iter().find(|found| found["name"] == name).unwrap();
        assert_eq!(invariant["violations"].as_array().unwrap().len(), violations, "{invariant}");
    }
    app.finish_broken().await;
}
