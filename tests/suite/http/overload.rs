//! Overload, and a database that another connection has locked: requests are refused in time and succeed afterwards.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tradepost::actor::fault::Fault;

use crate::support::{GOODS, OrderBody, TestApp, eventually};

#[actix_web::test]
async fn an_order_that_finds_the_queue_full_is_refused_as_busy_and_an_accepted_one_is_completed() {
    let app = TestApp::with(&[("OWNERS__MAILBOX", "1")]).await;
    let zs = app.zs().await;
    app.faults.plan("order.before_commit", Fault::Delay(Duration::from_millis(200)), 0, 1);
    let keys: Vec<String> = (0..8).map(|n| format!("k{n}")).collect();
    let order_body = OrderBody::of(GOODS, 1);
    let orders = join_all(keys.iter().map(|key| app.order(&zs, key, &order_body))).await;
    let busy: Vec<_> = orders.iter().filter(|answer| answer.status == 503).collect();
    let placed = orders.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(busy.len() + placed, keys.len(), "{orders:?}");
    assert!(!busy.is_empty(), "nothing was refused");
    // The steps of a placed order have priority `Accepted`, so they find room although the queue for new tasks is full.
    assert!(placed >= 1, "{orders:?}");
    for answer in busy {
        assert_eq!((answer.body["code"].as_str(), answer.header("retry-after")), (Some("busy"), "1"));
    }
    for key in &keys {
        app.order(&zs, key, &order_body).await.expect(201);
    }
    assert_eq!(app.stock(GOODS).await, 992);
    app.finish().await;
}

#[actix_web::test]
async fn orders_over_the_admission_limit_are_refused_and_callbacks_and_operators_are_not() {
    let app = TestApp::with(&[("HTTP__IN_FLIGHT_MAX", "1"), ("HTTP__ADMIT_WITHIN", "20ms")]).await;
    let (admin, (zs, order_id, pay_id)) = (app.admin().await, app.paying().await);
    let open = app.get("/admin/status", &admin).await.expect(200).body;
    assert_eq!(open["door"], json!({"capacity": 1, "in_flight": 0, "refused": 0}));
    // One order occupies the only permit for two seconds; eight more orders arrive meanwhile.
    app.faults.plan("goods.before_commit", Fault::Delay(Duration::from_secs(2)), 0, 1);
    let (slow, order_body) = (OrderBody::of(GOODS, 1), OrderBody::of(GOODS, 1));
    let slow = app.order(&zs, "slow", &slow);
    let requests = async {
        let admitted =
            || async { (app.get("/admin/status", &admin).await.body["door"]["in_flight"] == 1).then_some(()) };
        eventually(Duration::from_secs(1), "the slow order is admitted", admitted).await;
        let keys: Vec<String> = (0..8).map(|n| format!("k{n}")).collect();
        for answer in join_all(keys.iter().map(|key| app.order(&zs, key, &order_body))).await {
            let busy = answer.expect_problem(503, "busy");
            assert_eq!(busy.header("retry-after"), "1");
        }
        app.pay(&zs, "another-key", &order_id).await.expect_problem(503, "busy");
        let full = app.get("/admin/status", &admin).await.expect(200).body;
        assert_eq!((&full["door"]["in_flight"], &full["status"]), (&json!(1), &json!("healthy")));
        assert!(full["door"]["refused"].as_u64().unwrap() >= 8, "{full}");
        assert_eq!(app.pay_and_await_callback(&pay_id).await, [200]);
        let full = app.get("/admin/status", &admin).await.expect(200).body;
        assert_eq!(full["door"]["in_flight"], 1, "the callback was answered before the slow order");
    };
    let (slow, ()) = futures_util::future::join(slow, requests).await;
    slow.expect(201);
    // A refused order writes nothing.
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 2);
    app.order(&zs, "k0", &order_body).await.expect(201);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_whose_caller_timed_out_is_completed_if_it_was_started_and_dropped_if_not() {
    let app = TestApp::with(&[("ORDERS__ANSWER_WITHIN", "100ms"), ("STORE__WRITERS", "1")]).await;
    let zs = app.zs().await;
    let order_body = OrderBody::of(GOODS, 1);
    app.faults.plan("order.before_commit", Fault::Delay(Duration::from_millis(600)), 0, 1);
    let first = app.order(&zs, "started", &order_body);
    let second = async {
        eventually(Duration::from_secs(1), "the first order is being written", || async {
            (app.faults.fired("order.before_commit") == 1).then_some(())
        })
        .await;
        app.order(&zs, "late", &order_body).await
    };
    let (first, second) = futures_util::future::join(first, second).await;
    first.expect_problem(503, "busy");
    second.expect_problem(503, "busy");
    let written = || async { (app.number("order", "SELECT count(*) AS n FROM orders") > 0).then_some(()) };
    eventually(Duration::from_secs(2), "the first order is written", written).await;
    app.settle().await;
    assert_eq!(app.stock(GOODS).await, 999, "the poll for unfinished orders completes it");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 1);
    app.order(&zs, "started", &order_body).await.expect(201);
    assert_eq!(app.stock(GOODS).await, 999);
    app.order(&zs, "late", &order_body).await.expect(201);
    assert_eq!(app.stock(GOODS).await, 998);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_waits_for_a_locked_store_and_is_confirmed_when_the_lock_is_released() {
    let app = TestApp::with(&[("ORDERS__ANSWER_WITHIN", "100ms")]).await;
    let zs = app.zs().await;
    let lock_holder = app.lock_rows("goods", "goods");
    app.order(&zs, "golden", &OrderBody::golden()).await.expect(202);
    assert_eq!(app.stock(GOODS).await, 1000, "readers do not wait for the lock");
    lock_holder.mark_broken();
    app.settle().await;
    app.order(&zs, "golden", &OrderBody::golden()).await.expect(201);
    assert_eq!(app.stock(GOODS).await, 999);
    app.finish().await;
}

#[actix_web::test]
async fn a_request_to_a_store_that_stays_locked_is_answered_as_busy_in_time() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let lock_holder = app.lock_rows("goods", "goods");
    let (path, body) = (format!("/admin/goods/{GOODS}/stock"), json!({"delta": 1, "reason": "late"}));
    let started_at = Instant::now();
    let busy = app.post(&path, &admin, body.clone()).await.expect_problem(503, "busy");
    let waited = started_at.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
    assert_eq!(busy.header("retry-after"), "1");
    let goods = app.actor("goods").await;
    assert!(goods["last_error"]["message"].as_str().unwrap().starts_with("Busy: "), "{goods}");
    assert_eq!((&goods["restarts"], &goods["state"]), (&json!(0), &json!("running")));
    lock_holder.mark_broken();
    app.post(&path, &admin, body).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn the_process_is_not_ready_while_a_store_fails() {
    let settings =
        [("ORDERS__ANSWER_WITHIN", "50ms"), ("ORDERS__BACKOFF__FIRST", "2ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
    let app = TestApp::with(&settings).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    app.get("/readyz", "").await.expect(200);
    app.faults.plan("coupon.apply", Fault::Error, 0, u32::MAX);
    app.order(&zs, "golden", &OrderBody::golden()).await.expect(202);
    app.get("/readyz", "").await.expect_problem(503, "not_ready");
    let status = app.get("/admin/status", &admin).await.expect(200).body;
    assert_eq!(status["status"], "unhealthy");
    let coupon = app.actor("coupon").await;
    assert_eq!(coupon["store"]["reachable"], false, "{coupon}");
    assert!(coupon["last_error"]["message"].as_str().unwrap().contains("injected at coupon.apply"), "{coupon}");

    app.faults.plan("coupon.apply", Fault::Error, 0, 0);
    app.settle().await;
    let ready = || async { (app.get("/readyz", "").await.status == 200).then_some(()) };
    eventually(Duration::from_secs(1), "ready", ready).await;
    app.order(&zs, "golden", &OrderBody::golden()).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_request_without_an_answer_in_time_is_answered_as_busy_and_can_be_repeated() {
    let app = TestApp::with(&[("HTTP__REQUEST_WITHIN", "400ms")]).await;
    let zs = app.zs().await;
    app.faults.plan("order.before_commit", Fault::Delay(Duration::from_secs(1)), 0, 1);
    let order_body = OrderBody::of(GOODS, 1);
    let sent = Instant::now();
    let unanswered = app.order(&zs, "slow", &order_body).await.expect_problem(503, "busy");
    assert!(sent.elapsed() < Duration::from_millis(900), "{:?}", sent.elapsed());
    assert!(unanswered.body["detail"].as_str().unwrap().contains("http.request_within"), "{unanswered:?}");
    assert_eq!(unanswered.header("retry-after"), "1");
    let answered = || async {
        let answer = app.order(&zs, "slow", &order_body).await;
        (answer.status == 201).then_some(())
    };
    eventually(Duration::from_secs(5), "the order", answered).await;
    assert_eq!(app.stock(GOODS).await, 999);
    app.finish().await;
}
