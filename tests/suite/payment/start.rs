//! Starting a payment: only for the caller's own confirmed order, one open payment at a time, one payment for each key.

use std::time::Duration;

use crate::support::{GOODS, NO_QUERIES, OrderBody, TestApp};
use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Places an order that is to be paid; returns its id.
async fn order(app: &TestApp, token: &str, key: &str) -> String {
    app.order(token, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id")
}

async fn pay_status(app: &TestApp, token: &str, order_id: &str) -> Value {
    app.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body["pay_status"].clone()
}

#[actix_web::test]
async fn only_the_callers_confirmed_unpaid_order_can_be_paid() {
    let app = TestApp::start().await;
    let (zs, (_, mallory)) = (app.zs().await, app.customer("mallory", "0.00").await);
    let order_id = order(&app, &zs, "order").await;
    let sold_out =
        app.order(&zs, "refused", &OrderBody::of(GOODS, 9_999)).await.expect_problem(409, "insufficient_stock");
    let refused = sold_out.text_of("order_id");

    let before = app.rows();
    app.pay(&mallory, "1", &order_id).await.expect_problem(404, "not_found");
    app.pay(&zs, "1", "1").await.expect_problem(404, "not_found");
    assert_eq!(app.rows(), before);
    assert_eq!(pay_status(&app, &zs, &order_id).await, "unpaid");
    app.pay(&zs, "refused", &refused).await.expect_problem(409, "order_not_payable");

    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    assert_eq!(pay_status(&app, &zs, &order_id).await, "paying");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.pay(&zs, "late", &order_id).await.expect_problem(409, "order_not_payable");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_cancelled_order_cannot_be_paid() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    let zs = app.zs().await;
    let refused = app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    let order_id = refused.text_of("order_id");
    app.pay(&zs, "pay", &order_id).await.expect_problem(409, "order_not_payable");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_past_its_payment_deadline_cannot_be_paid() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    app.clock.advance(Duration::from_secs(30 * 60));
    app.pay(&zs, "pay", &order_id).await.expect_problem(409, "order_not_payable");
    app.finish().await;
}

#[actix_web::test]
async fn a_paid_order_cannot_be_paid_again_even_before_it_is_marked_paid() {
    let app = TestApp::with(&[("RELAY__BACKOFF__FIRST", "1h"), ("RELAY__BACKOFF__LONGEST", "1h")]).await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    // The order's owner rejects the message for now.
    app.fail_at("order.handle");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.clear_fault("order.handle");
    assert_eq!(pay_status(&app, &zs, &order_id).await, "paying");
    app.pay(&zs, "again", &order_id).await.expect_problem(409, "order_not_payable");
    app.advance(Duration::from_secs(3600)).await;
    assert_eq!(pay_status(&app, &zs, &order_id).await, "paid");
    app.finish().await;
}

#[actix_web::test]
async fn the_same_key_is_the_same_payment_even_after_a_restart() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let (one, two) = (order(&app, &zs, "one").await, order(&app, &zs, "two").await);
    let first = app.pay(&zs, "key", &one).await.expect(201);
    for restarts in [false, true] {
        if restarts {
            app.restart().await;
        }
        let again = app.pay(&zs, "key", &one).await.expect(201);
        assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        app.pay(&zs, "key", &two).await.expect_problem(422, "idempotency_key_reused");
    }
    let pay_id = first.text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let paid = app.pay(&zs, "key", &one).await.expect(201);
    assert_eq!((&paid.body["pay_id"], &paid.body["status"]), (&json!(pay_id), &json!("paid")));
    app.finish().await;
}

/// Starts a payment whose answer is lost; returns its id.
async fn started_without_answer(app: &TestApp, token: &str, key: &str, order_id: &str) -> String {
    app.fail_at("sandbox.answer");
    app.pay(token, key, order_id).await.expect_problem(503, "busy");
    app.clear_fault("sandbox.answer");
    app.number("pay", "SELECT max(pay_id) AS n FROM pay").to_string()
}

#[actix_web::test]
async fn a_start_is_answered_if_the_platform_has_another_amount_for_the_payment() {
    for is_paid in [false, true] {
        let app = TestApp::with(&NO_QUERIES).await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        let order_id = order(&app, &zs, "order").await;
        let pay_id = started_without_answer(&app, &zs, "key", &order_id).await;
        app.tamper("sandbox", "UPDATE sandbox_trade SET amount = amount - 100");
        if is_paid {
            app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
        }
        for _ in 0..2 {
            let again = app.pay(&zs, "key", &order_id).await.expect(201);
            assert_eq!((again.text_of("pay_id"), again.header("idempotent-replayed")), (pay_id.clone(), "true"));
            assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null));
        }
        let trade = app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200);
        assert_eq!(trade.body["status"], if is_paid { "paid" } else { "closed" }, "no customer can pay it any more");
        let parked = app.get("/admin/parked", &admin).await.expect(200).body["items"].as_array().unwrap().clone();
        assert_eq!(parked.len(), usize::from(is_paid), "{parked:?}");
        let other = app.pay(&zs, "another-key", &order_id).await.expect(201);
        assert_ne!(other.text_of("pay_id"), pay_id);
        assert!(other.body["checkout"].is_object(), "{}", other.text);
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_refused_payment_stays_refused_for_its_key() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    for replayed in ["", "true", "true"] {
        let refused = app.pay(&zs, "late", &order_id).await.expect_problem(409, "order_not_payable");
        assert_eq!(refused.header("idempotent-replayed"), replayed);
    }
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_request"), 2);
    app.finish().await;
}

#[actix_web::test]
async fn payments_started_concurrently_are_one_payment() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let (app_, zs_, order_) = (&app, &zs, &order_id);
    let starts = (0..20).map(|n| async move { app_.pay(zs_, &format!("key-{}", n % 10), order_).await });
    let answers = join_all(starts).await;
    let pay_id = answers[0].text_of("pay_id");
    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 2, "one key has opened the payment, and it was sent twice");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 10, "each of ten keys was sent twice");
    for answer in answers {
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        assert_eq!((answer.text_of("pay_id"), answer.body["status"].as_str()), (pay_id.clone(), Some("unpaid")));
    }
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 1);
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_trade"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_declined_payment_is_closed_and_a_new_one_can_be_started() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let declined = app.pay(&zs, "declined", &order_id).await.expect(201).text_of("pay_id");
    app.send(Method::POST, &format!("/sandbox/trades/{declined}/decline"), "", &[], None).await.expect(200);
    app.settle().await;
    let payment = app.get(&format!("/v1/payments/{declined}"), &zs).await.expect(200).body;
    assert_eq!(payment["status"], "closed");
    assert_eq!(app.pay(&zs, "declined", &order_id).await.expect(201).body["status"], "closed");

    let second = app.pay(&zs, "second", &order_id).await.expect(201);
    assert_eq!(second.body["status"], "unpaid");
    assert_ne!(second.text_of("pay_id"), declined);
    // The platform does not charge a declined payment.
    app.pay_at_platform(&declined, json!({})).await.expect(409);
    app.pay_at_platform(&second.text_of("pay_id"), json!({})).await.expect(200);
    assert_eq!(pay_status(&app, &zs, &order_id).await, "paid");
    app.finish().await;
}

#[actix_web::test]
async fn a_platform_that_is_not_configured_is_refused() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let before = app.rows();
    let body = json!({"order_id": order_id, "provider": "unknown"});
    let headers = [("idempotency-key", "key")];
    let refused = app.send(Method::POST, "/v1/payments", &zs, &headers, Some(&body)).await;
    let refused = refused.expect_problem(422, "invalid_request");
    assert_eq!(refused.body["errors"][0]["field"], "provider");
    app.send_bytes("/v1/payments/callbacks/unknown", &[], b"{}".to_vec()).await.expect_problem(404, "not_found");
    assert_eq!(app.rows(), before);
    app.pay(&zs, "key", &order_id).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_that_the_platform_did_not_create_is_created_by_the_next_request() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    app.fail_at("sandbox.apply");
    app.pay(&zs, "key", &order_id).await.expect_problem(503, "busy");
    app.clear_fault("sandbox.apply");
    let payment = app.pay(&zs, "key", &order_id).await.expect(201);
    assert_eq!(payment.body["checkout"]["kind"], "redirect");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_second_start_of_an_open_payment_is_200_and_keeps_its_status() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let first = app.pay(&zs, "one", &order_id).await.expect(201);
    let second = app.pay(&zs, "two", &order_id).await.expect(200);
    assert_eq!((&second.body, second.header("location")), (&first.body, first.header("location")));
    app.restart().await;
    for (key, status) in [("one", 201), ("two", 200)] {
        assert_eq!(app.pay(&zs, key, &order_id).await.expect(status).body["pay_id"], first.body["pay_id"], "{key}");
    }
    app.finish().await;
}
