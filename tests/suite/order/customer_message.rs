//! The reasons of administrators are for operators. A customer reads only the message that was meant for them.

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{GOODS, OrderBody, TestApp};

/// A reason that no customer may read.
const PRIVATE: &str = "private words";
const MESSAGE: &str = "We are sorry";

impl TestApp {
    /// Everything that the customer can read about an order, its payments and the balance; the answers must not have the
    /// private words.
    async fn customer_reads(&self, token: &str, order_id: &str) -> Vec<Value> {
        let mut answers = Vec::new();
        for path in ["", "/events", "/refunds", "/payments"].map(|part| format!("/v1/orders/{order_id}{part}")) {
            answers.push(self.get(&path, token).await.expect(200));
        }
        for path in ["/v1/payments", "/v1/orders", "/v1/users/me/money-log", "/v1/users/me/score-log"] {
            answers.push(self.get(path, token).await.expect(200));
        }
        for answer in &answers {
            assert!(!answer.text.contains(PRIVATE), "{}", answer.text);
        }
        answers.into_iter().map(|answer| answer.body).collect()
    }

    async fn event(&self, path: &str, token: &str, what: &str) -> Value {
        let events = self.get(path, token).await.expect(200).body;
        events["items"].as_array().unwrap().iter().find(|event| event["what"] == what).unwrap().clone()
    }
}

#[actix_web::test]
async fn the_customer_of_a_cancelled_order_reads_the_message_and_not_the_reason() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for (key, body, detail) in [
        ("message", json!({"reason": PRIVATE, "message": MESSAGE}), MESSAGE),
        ("none", json!({"reason": PRIVATE}), ""),
        ("null", json!({"reason": PRIVATE, "message": null}), ""),
    ] {
        let order_id =
            app.order(&zs, &key.replace(' ', "-"), &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
        let cancelled = app.post(&format!("/admin/orders/{order_id}/cancel"), &admin, body).await.expect(200);
        assert!(!cancelled.text.contains(PRIVATE), "{}", cancelled.text);
        app.settle().await;
        app.customer_reads(&zs, &order_id).await;
        let own = app.event(&format!("/v1/orders/{order_id}/events"), &zs, "cancelled").await;
        assert_eq!((&own["detail"], own["message"].as_str().unwrap_or_default()), (&json!(detail), detail), "{own}");
        let full = app.event(&format!("/admin/orders/{order_id}/events"), &admin, "cancelled").await;
        assert_eq!((&full["detail"], &full["message"]), (&json!(PRIVATE), &own["message"]), "{full}");
    }
    let order_id = app.order(&zs, "bad", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    for bad in [json!({"message": MESSAGE}), json!({"reason": PRIVATE, "message": ""})] {
        app.post(&format!("/admin/orders/{order_id}/cancel"), &admin, bad).await.expect_problem(422, "invalid_request");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_customer_of_a_refund_reads_the_message_and_not_the_reason() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    let path = format!("/admin/orders/{order_id}/refund");
    let with_message = json!({"amount": "80.00", "reason": PRIVATE, "message": MESSAGE});
    let keyed = [("idempotency-key", "part")];
    for _ in 0..2 {
        app.send(Method::POST, &path, &admin, &keyed, Some(&with_message)).await.expect(202);
    }
    let other = json!({"amount": "80.00", "reason": PRIVATE, "message": "Something else"});
    let reused = app.send(Method::POST, &path, &admin, &keyed, Some(&other)).await;
    reused.expect_problem(422, "idempotency_key_reused");
    let rest = app.post(&path, &admin, json!({"reason": PRIVATE})).await.expect(202);
    app.settle().await;
    app.customer_reads(&zs, &order_id).await;
    let reasons = |payment: Value| -> Vec<Value> {
        payment["refunds"].as_array().unwrap().iter().map(|refund| refund["reason"].clone()).collect()
    };
    let own = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body;
    assert_eq!(reasons(own), [MESSAGE, "refund"]);
    let again = app.pay(&zs, "pay", &order_id).await;
    assert!(!again.text.contains(PRIVATE), "{}", again.text);
    for path in [format!("/admin/payments/{pay_id}"), format!("/admin/payments/{pay_id}/query")] {
        let method = if path.ends_with("query") { Method::POST } else { Method::GET };
        let full = app.send(method, &path, &admin, &[], None).await.expect(200).body;
        assert_eq!(reasons(full), [PRIVATE, PRIVATE]);
    }
    let refund = app.get(&format!("/admin/refunds/{}", rest.text_of("refund_id")), &admin).await.expect(200).body;
    assert_eq!((&refund["reason"], &refund["message"]), (&json!(PRIVATE), &json!("refund")));
    let (own, full) = (format!("/v1/orders/{order_id}/events"), format!("/admin/orders/{order_id}/events"));
    for (what, theirs, ours) in [
        ("refunded_part", format!("80.00: {MESSAGE}"), format!("80.00: {PRIVATE}")),
        ("refund_requested", "800.00".to_owned(), format!("800.00: {PRIVATE}")),
    ] {
        assert_eq!(app.event(&own, &zs, what).await["detail"], theirs);
        assert_eq!(app.event(&full, &admin, what).await["detail"], ours);
    }
    let started = app.event(&full, &admin, "refund_started").await;
    assert!(started["detail"].as_str().unwrap().ends_with(PRIVATE), "{started}");
    let details = app.get(&format!("/admin/orders/{order_id}"), &admin).await.expect(200);
    assert!(details.body["payments"][0]["refunds"][0]["reason"] == PRIVATE, "{}", details.text);
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_reads_their_own_reason_of_a_refund() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    let payment = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body;
    assert_eq!(payment["refunds"][0]["reason"], "too slow");
    let requested = app.event(&format!("/v1/orders/{order_id}/events"), &zs, "refund_requested").await;
    assert_eq!(requested["detail"], "880.00: too slow");
    app.finish().await;
}

#[actix_web::test]
async fn refunds_of_earlier_releases_are_neutral_for_their_customers() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    let path = format!("/admin/orders/{order_id}/refund");
    app.post(&path, &admin, json!({"reason": PRIVATE, "message": MESSAGE})).await.expect(202);
    app.settle().await;
    app.tamper("pay", "UPDATE pay_refund SET message = NULL");
    app.tamper("order", "UPDATE order_act SET message = NULL, data = NULL");
    app.customer_reads(&zs, &order_id).await;
    let payment = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body;
    assert_eq!(payment["refunds"][0]["reason"], "refund");
    let requested = app.event(&format!("/v1/orders/{order_id}/events"), &zs, "refund_requested").await;
    assert_eq!((&requested["detail"], &requested["data"]), (&json!("880.00"), &json!({})));
    app.finish().await;
}

#[actix_web::test]
async fn the_money_log_has_the_message_of_an_adjustment_and_not_its_reason() {
    let app = TestApp::start().await;
    let (user_id, token) = app.customer("mallory", "0.00").await;
    let admin = app.admin().await;
    let path = format!("/admin/users/{user_id}/balance");
    app.post(&path, &admin, json!({"delta": "1.00", "reason": PRIVATE})).await.expect(200);
    app.post(&path, &admin, json!({"delta": "2.00", "reason": PRIVATE, "message": MESSAGE})).await.expect(200);
    let log = app.get("/v1/users/me/money-log", &token).await.expect(200);
    assert!(!log.text.contains(PRIVATE), "{}", log.text);
    assert_eq!((&log.body["items"][0]["message"], &log.body["items"][0]["delta"]), (&json!(MESSAGE), &json!("2.00")));
    assert!(log.body["items"][1].get("message").is_none(), "{}", log.text);
    let adjustments = app.get(&format!("/admin/adjustments?user_id={user_id}"), &admin).await.expect(200).body;
    let newest = &adjustments["items"][0];
    assert_eq!((&newest["reason"], &newest["message"]), (&json!(PRIVATE), &json!(MESSAGE)));
    app.finish().await;
}
