//! Orders that are still undecided when their caller or the process is gone.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::{Answer, COUPON, GOODS, OrderBody, TestApp, eventually};

/// Points at which the golden order stalls, each with the number of hits that pass before.
const STALLS: [(&str, u32); 4] =
    [("goods.apply", 0), ("coupon.before_commit", 0), ("user.after_commit", 0), ("order.before_commit", 1)];

async fn start(settings: &[(&str, &str)]) -> (TestApp, String) {
    let base =
        [("ORDERS__ANSWER_WITHIN", "150ms"), ("ORDERS__BACKOFF__FIRST", "2ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
    let app = TestApp::with(&[&base[..], settings].concat()).await;
    let zs = app.zs().await;
    (app, zs)
}

async fn stall(app: &TestApp, zs: &str, (point, skip): (&str, u32)) -> Answer {
    app.faults.plan(point, Fault::Error, skip, u32::MAX);
    app.order(zs, "stalled", &OrderBody::golden()).await.expect(202)
}

async fn sagas(app: &TestApp) -> Value {
    app.get("/admin/status", &app.admin().await).await.expect(200).body["sagas"].clone()
}

fn coupon_is_used(app: &TestApp) -> i64 {
    app.number("coupon", &format!("SELECT is_used AS n FROM coupon WHERE coupon_id = {COUPON}"))
}

#[actix_web::test]
async fn a_slow_order_is_answered_with_202_and_its_key_returns_the_outcome_later() {
    let (app, zs) = start(&[]).await;
    let accepted = stall(&app, &zs, ("goods.apply", 0)).await;
    let order_id = accepted.text_of("order_id");
    assert_eq!(accepted.header("location"), format!("/v1/orders/{order_id}"));
    assert_eq!(accepted.body["order_status"], "unconfirmed");
    assert_eq!(sagas(&app).await, json!({"in_flight": 1, "unconfirmed": 1, "without_wakeup": 0}));
    let in_use = app.order(&zs, "stalled", &OrderBody::golden()).await.expect_problem(409, "idempotency_key_in_use");
    assert_eq!(in_use.header("retry-after"), "1");
    let order = app.get(accepted.header("location"), &zs).await.expect(200).body;
    assert_eq!(order["order_status"], "unconfirmed");

    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    app.settle().await;
    let order = app.order(&zs, "stalled", &OrderBody::golden()).await.expect(201);
    assert_eq!(order.text_of("order_id"), order_id);
    assert_eq!(order.body["order_status"], "confirmed");
    assert_eq!(sagas(&app).await, json!({"in_flight": 0, "unconfirmed": 0, "without_wakeup": 0}));
    app.finish().await;
}

#[actix_web::test]
async fn a_slow_commit_is_not_a_failure() {
    let (app, zs) = start(&[]).await;
    app.faults.plan("user.before_commit", Fault::Delay(Duration::from_millis(300)), 0, 1);
    app.order(&zs, "slow", &OrderBody::golden()).await.expect(202);
    app.settle().await;
    app.order(&zs, "slow", &OrderBody::golden()).await.expect(201);
    assert_eq!(app.stock(GOODS).await, 999);
    app.finish().await;
}

#[actix_web::test]
async fn an_unfinished_order_is_confirmed_after_a_restart_within_its_deadline() {
    for stalled_at in STALLS {
        let (mut app, zs) = start(&[]).await;
        let order_id = stall(&app, &zs, stalled_at).await.text_of("order_id");
        app.stop(Duration::ZERO).await;
        app.faults.plan(stalled_at.0, Fault::Error, 0, 0);
        app.restart().await;
        app.settle().await;
        let order = app.order(&zs, "stalled", &OrderBody::golden()).await.expect(201);
        assert_eq!(order.text_of("order_id"), order_id, "{stalled_at:?}");
        assert_eq!(app.stock(GOODS).await, 999, "{stalled_at:?}");
        assert_eq!(coupon_is_used(&app), 1, "{stalled_at:?}");
        assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_money"], "900.00", "{stalled_at:?}");
        app.finish().await;
    }
}

#[actix_web::test]
async fn an_unfinished_order_is_cancelled_after_a_restart_past_its_deadline() {
    for stalled_at in STALLS {
        let (mut app, zs) = start(&[]).await;
        let order_id = stall(&app, &zs, stalled_at).await.text_of("order_id");
        app.stop(Duration::ZERO).await;
        app.faults.plan(stalled_at.0, Fault::Error, 0, 0);
        app.clock.advance(Duration::from_secs(60));
        app.restart().await;
        app.settle().await;
        let refused =
            app.order(&zs, "stalled", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
        assert_eq!(refused.text_of("order_id"), order_id, "{stalled_at:?}");
        assert_eq!(app.stock(GOODS).await, 1000, "{stalled_at:?}");
        assert_eq!(coupon_is_used(&app), 0, "{stalled_at:?}");
        assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_money"], "1000.00", "{stalled_at:?}");
        app.finish().await;
    }
}

#[actix_web::test]
async fn an_unfinished_order_is_resumed_without_a_request() {
    // First the saga stalls and the process is stopped. Then the saga itself fails without a trace.
    let (mut app, zs) = start(&[("ORDERS__SWEEP_EVERY", "1h")]).await;
    stall(&app, &zs, ("goods.apply", 0)).await;
    app.stop(Duration::ZERO).await;
    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    app.restart().await;
    wait_for_status(&app, 1, 1).await;
    app.finish().await;

    let (app, zs) = start(&[("ORDERS__SWEEP_EVERY", "50ms"), ("ORDERS__ANSWER_WITHIN", "10s")]).await;
    app.faults.plan("coordinator.event", Fault::Error, 0, 1);
    app.order(&zs, "failed-saga", &OrderBody::golden()).await.expect_problem(503, "busy");
    wait_for_status(&app, 1, 1).await;
    app.finish().await;
}

/// Waits until `orders` orders have this status: 1 is confirmed, 2 is cancelled.
async fn wait_for_status(app: &TestApp, status: i64, orders: i64) {
    let query = format!("SELECT count(*) AS n FROM orders WHERE order_status = {status}");
    let reached = || async { (app.number("order", &query) == orders).then_some(()) };
    eventually(Duration::from_secs(2), "the status of the orders", reached).await;
}

#[actix_web::test]
async fn a_stop_finishes_a_saga_whose_worker_ends_before_it() {
    let (mut app, zs) = start(&[("ORDERS__SWEEP_EVERY", "1h")]).await;
    app.faults.plan("goods.before_commit", Fault::Delay(Duration::from_millis(500)), 0, 1);
    let accepted = app.order(&zs, "key", &OrderBody::golden()).await.expect(202);
    app.stop(Duration::from_secs(10)).await;
    let confirmed = format!(
        "SELECT count(*) AS n FROM orders WHERE order_id = {} AND order_status = 1",
        accepted.text_of("order_id")
    );
    assert_eq!(app.number("order", &confirmed), 1);
    app.restart().await;
    app.finish().await;
}

#[actix_web::test]
async fn one_order_has_one_saga_whichever_worker_gets_its_request() {
    // More requests than workers, each on a connection of its own.
    let (app, zs) =
        start(&[("HTTP__WORKERS", "4"), ("HTTP__IN_FLIGHT_PER_USER_MAX", "0"), ("ORDERS__ANSWER_WITHIN", "10s")]).await;
    let body = OrderBody::golden();
    let answers = join_all((0..16).map(|_| app.order(&zs, "key", &body))).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let in_use = answers.iter().filter(|answer| answer.body["code"] == "idempotency_key_in_use").count();
    assert!(created >= 1 && created + in_use == answers.len(), "{created} {in_use}");
    app.settle().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_second_stop_during_recovery_changes_nothing() {
    let (mut app, zs) = start(&[]).await;
    stall(&app, &zs, ("order.before_commit", 1)).await;
    for point in ["order.before_commit", "order.after_commit"] {
        app.stop(Duration::ZERO).await;
        app.faults.plan("order.before_commit", Fault::Error, 0, 0);
        app.faults.plan(point, Fault::Error, 0, 2);
        app.restart().await;
    }
    app.settle().await;
    app.order(&zs, "stalled", &OrderBody::golden()).await.expect(201);
    assert_eq!(app.stock(GOODS).await, 999);
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 1);
    app.finish().await;
}

/// Stalls an order whose deadline is in an hour, and stops the process.
async fn stopped_with_a_distant_deadline() -> (TestApp, String) {
    let (mut app, zs) = start(&[("ORDERS__DEADLINE", "1h")]).await;
    stall(&app, &zs, ("goods.apply", 0)).await;
    app.stop(Duration::ZERO).await;
    app.set("ORDERS__DEADLINE", "30s");
    (app, zs)
}

#[actix_web::test]
async fn an_unfinished_order_is_resumed_after_the_deadline_setting_was_lowered() {
    let (mut app, zs) = stopped_with_a_distant_deadline().await;
    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    app.restart().await;
    wait_for_status(&app, 1, 1).await;
    app.order(&zs, "stalled", &OrderBody::golden()).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn an_unfinished_order_is_cancelled_within_the_lowered_deadline_setting() {
    let (mut app, zs) = stopped_with_a_distant_deadline().await;
    app.restart().await;
    assert_eq!(sagas(&app).await["unconfirmed"], 1);
    app.clock.advance(Duration::from_secs(31));
    wait_for_status(&app, 2, 1).await;
    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    // A delivery that the fault failed is repeated after a delay, which may begin later than this.
    let delivered = || async {
        app.advance(Duration::from_secs(60)).await;
        let status = app.get("/admin/status", &app.admin().await).await.expect(200);
        (status.body["outbox"]["pending"] == 0).then_some(())
    };
    eventually(Duration::from_secs(5), "all messages delivered", delivered).await;
    app.order(&zs, "stalled", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    assert_eq!(app.stock(GOODS).await, 1000);
    assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_money"], "1000.00");
    app.finish().await;
}

#[actix_web::test]
async fn the_number_of_concurrent_sagas_is_limited() {
    let (app, zs) = start(&[("ORDERS__IN_FLIGHT_MAX", "1")]).await;
    stall(&app, &zs, ("goods.apply", 0)).await;
    let busy = app.order(&zs, "another", &OrderBody::of(GOODS, 1)).await.expect_problem(503, "busy");
    assert_eq!(busy.header("retry-after"), "1");
    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    app.settle().await;
    let status = app.order(&zs, "another", &OrderBody::of(GOODS, 1)).await.status;
    assert!(status == 201 || status == 202, "{status}");
    app.finish().await;
}
