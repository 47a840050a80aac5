//! Status queries: the shop queries the platform for what no callback has reported.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::server::{Engine, engine};
use crate::support::{GOODS, OrderBody, TestApp};

impl TestApp {
    /// Checks that the order is paid.
    pub async fn assert_order_paid(&self, token: &str, order_id: &str) {
        let order = self.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("confirmed"), &json!("paid")), "{order}");
    }
}

/// Places `count` orders and starts a payment for each; returns the order ids with the payment ids.
async fn open_payments(app: &TestApp, token: &str, count: usize) -> Vec<(String, String)> {
    let open = |n: usize| async move {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(token, &format!("order-{n}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(token, &format!("pay-{n}"), &order_id).await.expect(201).text_of("pay_id");
        (order_id, pay_id)
    };
    join_all((0..count).map(open)).await
}

#[actix_web::test]
async fn two_hundred_payments_with_lost_callbacks_are_found_by_status_queries() {
    // Long enough that no query is due while a slow machine opens the payments.
    let app = TestApp::with(&[("PAYMENTS__ASK__FIRST", "60s")]).await;
    let zs = app.zs().await;
    let open = open_payments(&app, &zs, 200).await;
    let paths: Vec<String> = open.iter().map(|(_, pay_id)| format!("/sandbox/trades/{pay_id}/pay")).collect();
    for answer in join_all(paths.iter().map(|path| app.post(path, "", json!({"lose": true})))).await {
        answer.expect(200);
    }
    app.settle().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders WHERE pay_status = 2"), 0);
    app.advance(Duration::from_secs(60)).await;
    for (order_id, _) in &open {
        app.assert_order_paid(&zs, order_id).await;
    }
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_score"], 100 + 200 * 1000);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_notice WHERE event_id LIKE 'asked_%'"), 200);
    app.finish().await;
}

#[actix_web::test]
async fn points_are_added_once_despite_fifty_concurrent_callbacks_per_payment() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    // 10,000 callbacks take too long on a database server.
    let count = if engine() == Engine::Sqlite { 200 } else { 20 };
    let open = open_payments(&app, &zs, count).await;
    let paths: Vec<String> = open.iter().map(|(_, pay_id)| format!("/sandbox/trades/{pay_id}/pay")).collect();
    let how = json!({"callbacks": 50, "concurrent": true});
    join_all(paths.iter().map(|path| app.post(path, "", how.clone()))).await;
    // The status queries run at the same time.
    app.advance(Duration::from_secs(2)).await;
    assert_eq!(app.get("/v1/users/me", &zs).await.body["user_score"], 100 + count * 1000);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_log"), i64::try_from(count).unwrap());
    app.finish().await;
}

#[actix_web::test]
async fn an_open_payment_is_queried_at_growing_intervals() {
    let app = TestApp::start().await;
    app.paying().await;
    let mut queries = Vec::new();
    for _ in 0..10 {
        app.advance(Duration::from_secs(60)).await;
        queries.push(app.number("pay", "SELECT asks AS n FROM pay_ask"));
    }
    assert!(queries.is_sorted() && queries[9] >= 9 && queries[9] <= 20, "{queries:?}");
    app.finish().await;
}

#[actix_web::test]
async fn the_administrator_can_query_the_platform_at_once() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let admin = app.admin().await;
    let path = format!("/admin/payments/{pay_id}/query");
    assert_eq!(app.post(&path, &admin, json!({})).await.expect(200).body["status"], "unpaid");
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    assert_eq!(app.post(&path, &admin, json!({})).await.expect(200).body["status"], "paid");
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.post(&path, &zs, json!({})).await.expect_problem(403, "forbidden");
    app.post("/admin/payments/1/query", &admin, json!({})).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn a_declined_payment_with_a_lost_callback_is_closed() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = app.paying().await;
    app.post(&format!("/sandbox/trades/{pay_id}/close"), "", json!({})).await.expect(200);
    app.advance(Duration::from_secs(2)).await;
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "closed");
    app.finish().await;
}

#[actix_web::test]
async fn a_browser_return_and_concurrent_callbacks_pay_once() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let admin = app.admin().await;
    for round in 0..10 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let (pay, query) = (format!("/sandbox/trades/{pay_id}/pay"), format!("/admin/payments/{pay_id}/query"));
        // The browser's return makes the shop query while callbacks arrive, and the customer starts another payment.
        let again = format!("again-{round}");
        let (paid, ..) = tokio::join!(
            app.post(&pay, "", json!({"callbacks": 3, "concurrent": true})),
            join_all((0..5).map(|_| app.post(&query, &admin, json!({})))),
            app.pay(&zs, &again, &order_id),
        );
        paid.expect(200);
        app.settle().await;
        app.assert_order_paid(&zs, &order_id).await;
    }
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_refund"), 0, "a race has led to a refund");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_log"), 10);
    app.finish().await;
}
