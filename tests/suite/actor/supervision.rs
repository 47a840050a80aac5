//! Panics in actors: the actor restarts within a second and reports the reason, the other actors keep working, and the
//! golden order succeeds.

use std::time::Duration;

use actix_web::rt::time::sleep;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::{Answer, GOODS, OrderBody, TestApp, eventually};

const SECOND: Duration = Duration::from_secs(1);
const OWNERS: [&str; 5] = ["coupon", "goods", "user", "order", "pay"];

/// Repeats a request until it has an outcome: while it is answered 503 or its idempotency key is in use.
async fn until_decided(send: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..200 {
        let answer = send().await;
        if !(answer.status == 503 || answer.body["code"] == "idempotency_key_in_use") {
            return answer;
        }
        assert_eq!(answer.header("retry-after"), "1", "{}", answer.text);
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the request has no outcome after 200 attempts");
}

/// Places and pays the golden order, repeating each request until it has an outcome, and delivers the messages.
async fn golden_case(app: &TestApp, zs: &str) {
    let order = until_decided(async || app.order(zs, "golden", &OrderBody::golden()).await).await.expect(201);
    let order_id = order.text_of("order_id");
    let payment = until_decided(async || app.pay(zs, "pay", &order_id).await).await.expect(201);
    let pay_id = payment.text_of("pay_id");
    until_decided(async || app.pay_at_platform(&pay_id, json!({})).await).await.expect(200);
    app.advance(Duration::from_secs(30)).await;
    app.advance(Duration::from_secs(30)).await;
    let order = until_decided(async || app.get(&format!("/v1/orders/{order_id}"), zs).await).await.expect(200);
    assert_eq!(order.body["pay_status"], "paid");
    let me = until_decided(async || app.get("/v1/users/me", zs).await).await.expect(200).body;
    assert_eq!((me["user_money"].as_str(), me["user_score"].as_i64()), (Some("900.00"), Some(980)));
}

/// The actor's entry on the status page. The caller passes the token, because a sign-in would send work to an actor.
async fn status_of(app: &TestApp, admin: &str, name: &str) -> Value {
    let status = app.get("/admin/status", admin).await.expect(200).body;
    status["actors"].as_array().unwrap().iter().find(|actor| actor["name"] == name).unwrap().clone()
}

/// Waits for the panic planned at `point` and asserts that the actor restarts within a second. Runs concurrently with
/// the requests that provoke the panic.
async fn assert_restarts(app: &TestApp, admin: &str, point: &str) {
    let (name, _) = point.split_once('.').unwrap();
    let struck = || async { (app.faults.fired(point) == 1).then_some(()) };
    eventually(10 * SECOND, point, struck).await;
    let restarted = || async {
        let actor = status_of(app, admin, name).await;
        (actor["restarts"].as_u64() >= Some(1) && actor["state"] == "running").then_some(actor)
    };
    let actor = eventually(SECOND, point, restarted).await;
    let message = actor["last_error"]["message"].as_str().unwrap();
    assert!(message.contains("panic"), "{point}: {message}");
}

#[actix_web::test]
async fn an_owner_whose_handler_panics_restarts_at_once_and_the_golden_order_succeeds() {
    for owner in OWNERS.iter().chain(&["sandbox"]) {
        let app = TestApp::start().await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        let point = format!("{owner}.handle");
        app.faults.plan(&point, Fault::Panic, 0, 1);
        futures_util::future::join(golden_case(&app, &zs), assert_restarts(&app, &admin, &point)).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn an_owner_whose_batch_panics_restarts_at_once_and_no_request_fails() {
    for owner in OWNERS.iter().chain(&["sandbox"]) {
        let app = TestApp::start().await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        let point = format!("{owner}.apply");
        app.faults.plan(&point, Fault::Panic, 0, 1);
        let requests = async {
            let order = app.order(&zs, "golden", &OrderBody::golden()).await.expect(201);
            app.pay(&zs, "pay", &order.text_of("order_id")).await.expect(201);
            golden_case(&app, &zs).await;
        };
        futures_util::future::join(requests, assert_restarts(&app, &admin, &point)).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn the_owners_may_share_threads_and_are_restarted_all_the_same() {
    for threads in ["1", "2", "6"] {
        let app = TestApp::with(&[("OWNERS__THREADS", threads)]).await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        app.faults.plan("order.handle", Fault::Panic, 1, 1);
        futures_util::future::join(golden_case(&app, &zs), assert_restarts(&app, &admin, "order.handle")).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_panic_of_the_coordinator_the_relay_or_the_webhook_sender_loses_nothing() {
    for point in ["coordinator.handle", "coordinator.event", "relay.handle", "relay.deliver", "courier.handle"] {
        let app = TestApp::start().await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        app.faults.plan(point, Fault::Panic, 0, 1);
        futures_util::future::join(golden_case(&app, &zs), assert_restarts(&app, &admin, point)).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_saga_that_panics_at_any_event_is_resumed() {
    // The saga of the golden order has four events: three reservations and the pivot.
    for skip in 0..4 {
        let app = TestApp::start().await;
        let zs = app.zs().await;
        app.faults.plan("coordinator.event", Fault::Panic, skip, 1);
        app.order(&zs, "golden", &OrderBody::golden()).await.expect_problem(503, "busy");
        assert_eq!(app.faults.fired("coordinator.event"), 1);
        golden_case(&app, &zs).await;
        app.finish().await;
    }
}

#[actix_web::test]
async fn the_other_owners_keep_working_while_one_panics() {
    for owner in OWNERS {
        for point in ["handle", "apply"] {
            let app = TestApp::start().await;
            let admin = app.admin().await;
            let mut customers = Vec::new();
            for name in ["ann", "bob", "cid", "dan", "eve", "fay"] {
                customers.push(app.customer(name, "100.00").await.1);
            }
            app.faults.plan(&format!("{owner}.{point}"), Fault::Panic, 3, 1);
            let order_body = OrderBody::of(GOODS, 1).with("money_paid", json!("1.00"));
            let orders = join_all(customers.iter().map(|token| app.order(token, "k", &order_body)));
            let others = join_all((0..20).map(|_| app.get("/healthz", "")));
            let (orders, others) = futures_util::future::join(orders, others).await;
            assert!(others.iter().all(|answer| answer.status == 200));
            let placed = orders.iter().filter(|answer| answer.status == 201).count();
            // A panic in a handler loses one message; a panic in a batch loses none.
            let lost = usize::from(point == "handle");
            assert!(placed + lost >= orders.len(), "{owner}.{point}: {orders:?}");
            for token in &customers {
                until_decided(async || app.order(token, "k", &order_body).await).await.expect(201);
            }
            assert_eq!(app.stock(GOODS).await, 994, "{owner}.{point}");
            app.get("/admin/status", &admin).await.expect(200);
            app.finish().await;
        }
    }
}
