//! Shipping, receiving, and refunds that the customer or the administrator requests.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, GOODS, OrderBody, TestApp};

impl TestApp {
    /// The golden order, paid: the customer's token, the order's id and the payment's id.
    pub async fn paid(&self) -> (String, String, String) {
        let (zs, order_id, pay_id) = self.paying().await;
        self.pay_at_platform(&pay_id, json!({})).await.expect(200);
        (zs, order_id, pay_id)
    }

    /// The customer requests a refund.
    pub async fn refund(&self, token: &str, key: &str, order_id: &str) -> Answer {
        let path = format!("/v1/orders/{order_id}/refund");
        let body = json!({"reason": "too slow"});
        self.send(Method::POST, &path, token, &[("idempotency-key", key)], Some(&body)).await
    }

    /// The administrator refunds `amount`, or the whole remainder if it is `None`.
    pub async fn admin_refund(&self, admin: &str, order_id: &str, amount: Option<&str>) -> Answer {
        let body = match amount {
            Some(amount) => json!({"amount": amount, "reason": "damaged"}),
            None => json!({"reason": "damaged"}),
        };
        self.post(&format!("/admin/orders/{order_id}/refund"), admin, body).await
    }

    async fn trade(&self, pay_id: &str) -> Value {
        self.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body
    }

    async fn payment(&self, token: &str, pay_id: &str) -> Value {
        self.get(&format!("/v1/payments/{pay_id}"), token).await.expect(200).body
    }
}

/// Checks that the golden order is refunded in full: by the platform, and by the owners that had reserved something.
async fn assert_refunded(app: &TestApp, zs: &str, order_id: &str, pay_id: &str, stock: i64) {
    app.settle().await;
    let order = app.get(&format!("/v1/orders/{order_id}"), zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("refunded"), &json!("paid")));
    assert_eq!(app.trade(pay_id).await["refunded"], "880.00");
    assert_eq!(app.payment(zs, pay_id).await["status"], "refunded");
    let me = app.get("/v1/users/me", zs).await.expect(200).body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("1000.00"), &json!(100)));
    assert_eq!(app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), 0);
    assert_eq!(app.stock(GOODS).await, stock);
}

#[actix_web::test]
async fn a_paid_order_is_shipped_and_received() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paid().await;
    let (admin, (_, mallory)) = (app.admin().await, app.customer("mallory", "0.00").await);
    let (ship, receive) = (format!("/admin/orders/{order_id}/ship"), format!("/v1/orders/{order_id}/receive"));
    app.post(&receive, &zs, json!({})).await.expect_problem(409, "order_not_receivable");
    assert_eq!(app.post(&ship, &admin, json!({})).await.expect(200).body["shipping_status"], "shipped");
    app.post(&ship, &admin, json!({})).await.expect_problem(409, "order_not_shippable");
    app.post(&receive, &mallory, json!({})).await.expect_problem(404, "not_found");
    app.post(&receive, &zs, json!({"x": 1})).await.expect_problem(422, "invalid_request");
    assert_eq!(app.post(&receive, &zs, json!({})).await.expect(200).body["shipping_status"], "received");
    app.post(&receive, &zs, json!({})).await.expect_problem(409, "order_not_receivable");
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({}))
        .await
        .expect_problem(409, "order_not_cancellable");
    app.finish().await;
}

#[actix_web::test]
async fn an_unpaid_order_is_neither_shipped_nor_refunded() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paying().await;
    let admin = app.admin().await;
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({}))
        .await
        .expect_problem(409, "order_not_shippable");
    app.refund(&zs, "refund", &order_id).await.expect_problem(409, "order_not_refundable");
    app.admin_refund(&admin, &order_id, None).await.expect_problem(409, "order_not_refundable");
    app.admin_refund(&admin, &order_id, Some("1.00")).await.expect_problem(409, "order_not_refundable");
    app.assert_unpaid().await;
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_before_shipping_releases_everything_once() {
    let mut app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let accepted = app.refund(&zs, "refund", &order_id).await.expect(202);
    assert_eq!(accepted.body["order_status"], "confirmed", "its money is not back yet");
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    app.restart().await;
    // The same key is the same refund. Another key is refused, and another body under the same key is a mistake.
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.refund(&zs, "second", &order_id).await.expect_problem(409, "order_not_refundable");
    app.refund(&zs, "second", &order_id).await.expect_problem(409, "order_not_refundable");
    let path = format!("/v1/orders/{order_id}/refund");
    let other = app.send(Method::POST, &path, &zs, &[("idempotency-key", "refund")], Some(&json!({}))).await;
    other.expect_problem(422, "idempotency_key_reused");
    app.send(Method::POST, &path, &zs, &[], Some(&json!({}))).await.expect_problem(422, "invalid_request");
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn the_answer_names_the_refund_and_a_repeated_request_the_same_one() {
    let mut app = TestApp::start().await;
    let (zs, order_id, _) = app.paid().await;
    let admin = app.admin().await;
    let path = format!("/admin/orders/{order_id}/refund");
    let part = json!({"amount": "80.00", "reason": "damaged"});
    let keyed = [("idempotency-key", "part")];
    let first = app.send(Method::POST, &path, &admin, &keyed, Some(&part)).await.expect(202);
    let rest = app.refund(&zs, "rest", &order_id).await.expect(202);
    assert_eq!((first.header("idempotent-replayed"), rest.header("idempotent-replayed")), ("", ""));
    app.settle().await;
    let refunds = app.get(&format!("/v1/orders/{order_id}/refunds"), &zs).await.expect(200).body;
    let ids = [&refunds["items"][0]["refund_id"], &refunds["items"][1]["refund_id"]];
    assert_eq!([&first.body["refund_id"], &rest.body["refund_id"]], ids);
    let shown = app.get(&format!("/admin/refunds/{}", first.text_of("refund_id")), &admin).await.expect(200);
    assert_eq!(shown.body["amount"], "80.00");
    app.restart().await;
    let first_again = app.send(Method::POST, &path, &admin, &keyed, Some(&part)).await.expect(202);
    let rest_again = app.refund(&zs, "rest", &order_id).await.expect(202);
    for (again, first) in [(first_again, &first), (rest_again, &rest)] {
        assert_eq!(again.body["refund_id"], first.body["refund_id"]);
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    let refused = app.refund(&zs, "late", &order_id).await.expect_problem(409, "order_not_refundable");
    assert_eq!(refused.header("idempotent-replayed"), "");
    let again = app.refund(&zs, "late", &order_id).await.expect_problem(409, "order_not_refundable");
    assert_eq!(again.header("idempotent-replayed"), "true");
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_through_no_platform_has_no_id() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(3, "50.00").await;
    let body = OrderBody::of(&goods_id, 1).with("money_paid", json!("60.00"));
    let order = app.order(&zs, "free", &body).await.expect(201);
    let order_id = order.text_of("order_id");
    for replayed in ["", "true"] {
        let refunded = app.refund(&zs, "back", &order_id).await.expect(202);
        assert_eq!((&refunded.body["order_status"], &refunded.body["refund_id"]), (&json!("refunded"), &json!(null)));
        assert_eq!(refunded.header("idempotent-replayed"), replayed);
    }
    app.finish().await;
}

#[actix_web::test]
async fn only_the_owner_can_request_a_refund_and_not_after_shipping() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let (admin, (_, mallory)) = (app.admin().await, app.customer("mallory", "0.00").await);
    app.refund(&mallory, "refund", &order_id).await.expect_problem(404, "not_found");
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({})).await.expect(200);
    app.refund(&zs, "refund", &order_id).await.expect_problem(409, "order_not_refundable");
    // The administrator can still refund the order, but the goods stay sold.
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    assert_refunded(&app, &zs, &order_id, &pay_id, 999).await;
    app.post(&format!("/v1/orders/{order_id}/receive"), &zs, json!({})).await.expect(200);
    // A refusal stays with its key.
    app.refund(&zs, "refund", &order_id).await.expect_problem(409, "order_not_refundable");
    app.finish().await;
}

#[actix_web::test]
async fn partial_refunds_are_accepted_until_the_whole_amount_is_refunded() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    for (amount, field) in [("0.00", "amount"), ("880.01", "amount"), ("-1.00", "amount"), ("0.001", "amount")] {
        let refused = app.admin_refund(&admin, &order_id, Some(amount)).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field);
    }
    for (amount, sum) in [("300.00", "300.00"), ("0.01", "300.01"), ("500.00", "800.01")] {
        let order = app.admin_refund(&admin, &order_id, Some(amount)).await.expect(202).body;
        assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("confirmed"), &json!("paid")));
        app.settle().await;
        assert_eq!(app.trade(&pay_id).await["refunded"], sum);
        assert_eq!(app.payment(&zs, &pay_id).await["status"], "paid");
    }
    app.admin_refund(&admin, &order_id, Some("80.00")).await.expect_problem(422, "invalid_request");
    assert_eq!(app.stock(GOODS).await, 999, "a partial refund returns no goods");
    app.admin_refund(&admin, &order_id, Some("79.99")).await.expect(202);
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_paid_by_balance_is_refunded_without_a_platform() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = app.goods(5, "50.00").await;
    let order_body = OrderBody::of(&goods, 2).with("money_paid", json!("110.00"));
    let order_id = app.order(&zs, "order", &order_body).await.expect(201).text_of("order_id");
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_money"], "890.00");
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    assert_eq!(
        (app.stock(&goods).await, &app.get("/v1/users/me", &zs).await.body["user_money"]),
        (5, &json!("1000.00"))
    );
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_refund"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn two_concurrent_refunds_never_exceed_what_was_paid() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods = app.goods(1_000, "10.00").await;
    for round in 0..200 {
        let order_body = OrderBody::of(&goods, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        // 20.00 were paid. Each refund alone would be accepted.
        let (one, two) = tokio::join!(
            app.admin_refund(&admin, &order_id, Some("15.00")),
            app.admin_refund(&admin, &order_id, Some(if round % 2 == 0 { "15.00" } else { "20.00" })),
        );
        let mut answers = [one.status, two.status];
        answers.sort_unstable();
        app.settle().await;
        let trade = app.trade(&pay_id).await;
        // After 20.00 the order is refunded; after 15.00 too little is left.
        let refused = if trade["refunded"] == "20.00" { 409 } else { 422 };
        assert_eq!(answers, [202, refused], "{} {}", one.text, two.text);
        assert!(trade["refunded"] == "15.00" || trade["refunded"] == "20.00", "{trade}");
    }
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 200);
    app.finish().await;
}

#[actix_web::test]
async fn fifty_concurrent_refund_requests_are_one_refund() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let (app_, zs_, order_) = (&app, &zs, &order_id);
    let same = join_all((0..25).map(|_| async move { app_.refund(zs_, "same", order_).await.status }));
    let other = join_all((0..25).map(|n| async move { app_.refund(zs_, &format!("key-{n}"), order_).await.status }));
    let (same, other) = tokio::join!(same, other);
    assert!(same.iter().chain(&other).all(|status| [202, 409].contains(status)), "{same:?} {other:?}");
    let accepted = usize::from(same[0] == 202) + other.iter().filter(|status| **status == 202).count();
    assert_eq!(accepted, 1, "{same:?} {other:?}");
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn of_concurrent_shipping_and_refund_exactly_one_succeeds() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for round in 0..20 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        let ship = format!("/admin/orders/{order_id}/ship");
        let key = format!("refund-{round}");
        let (shipped, refunded) = tokio::join!(app.post(&ship, &admin, json!({})), app.refund(&zs, &key, &order_id));
        assert!(matches!((shipped.status, refunded.status), (200, 409) | (409, 202)), "{round}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_with_a_lost_answer_is_queried_and_made_once() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    // The platform makes the refund, but its answer is lost.
    app.faults.plan("sandbox.after_commit", tradepost::actor::fault::Fault::Error, 0, 1);
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    assert_eq!(app.trade(&pay_id).await["refunded"], "880.00");
    app.advance(std::time::Duration::from_secs(600)).await;
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_waits_until_its_platform_answers_again() {
    let mut app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.fail_at("sandbox.apply");
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    let admin = app.admin().await;
    let status = app.get("/admin/status", &admin).await.expect(200).body;
    let expected = json!({"open": 0, "watched": 0, "refunds_pending": 1, "refunds_parked": 0, "charges_parked": 0});
    assert_eq!(status["payments"], expected);
    app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect_problem(503, "busy");
    app.restart().await;
    app.clear_fault("sandbox.apply");
    app.advance(std::time::Duration::from_secs(600)).await;
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_the_platform_refuses_is_parked_with_its_reason() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    // The platform forgets the trade.
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 3 WHERE out_trade_no = '{pay_id}'"));
    app.refund(&zs, "refund", &order_id).await.expect(202);
    app.settle().await;
    let parked = "SELECT count(*) AS n FROM pay_refund WHERE status = 2 AND remark LIKE '%closed%'";
    assert_eq!(app.number("pay", parked), 1);
    assert_eq!(app.get("/admin/status", &admin).await.body["payments"]["refunds_parked"], 1);
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refunds"][0]["status"]), (&json!("confirmed"), &json!("parked")));
    // Until an operator has decided, it is neither shipped nor refunded by its customer.
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({}))
        .await
        .expect_problem(409, "order_not_shippable");
    app.refund(&zs, "again", &order_id).await.expect_problem(409, "order_not_refundable");
    // The platform finds it again. The operator's refund gives all back, and the parked one has nothing left to do.
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 1 WHERE out_trade_no = '{pay_id}'"));
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    assert_refunded(&app, &zs, &order_id, &pay_id, 1000).await;
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    let statuses: Vec<&Value> = order["refunds"].as_array().unwrap().iter().map(|refund| &refund["status"]).collect();
    assert_eq!(statuses, [&json!("dismissed"), &json!("done")]);
    assert_eq!(app.get("/admin/status", &admin).await.body["payments"]["refunds_parked"], 0);
    app.finish().await;
}
