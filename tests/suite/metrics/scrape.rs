//! `/metrics` has the figures of what happened, and nothing about customers.

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::json;

use super::openmetrics::Scrape;
use crate::support::{COUPON, GOODS, OrderBody, TestApp, USER};

#[actix_web::test]
async fn the_counters_move_with_an_order_its_payment_and_its_refund() {
    let app = TestApp::start().await;
    let before = app.scrape().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let open = app.scrape().await;
    assert_eq!(open.sum("tradepost_money_at_risk", &[("kind", "open_payment"), ("currency", "CNY")]), 880.0);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.order(&zs, "too-much", &OrderBody::of(GOODS, 5_000)).await.expect_problem(409, "insufficient_stock");
    app.order(&zs, "order", &OrderBody::golden()).await.expect(201);
    let refund = [("idempotency-key", "refund")];
    let path = format!("/v1/orders/{order_id}/refund");
    app.send(Method::POST, &path, &zs, &refund, Some(&json!({}))).await.expect(202);
    app.settle().await;
    let after = app.scrape().await;
    let sandbox = ("provider", "sandbox");
    for (name, labels, grown) in [
        ("tradepost_orders_total", &[("outcome", "confirmed")][..], 1.0),
        ("tradepost_orders_total", &[("outcome", "refused")], 1.0),
        ("tradepost_orders_total", &[("outcome", "replayed")], 1.0),
        ("tradepost_order_refusals_total", &[("reason", "insufficient_stock")], 1.0),
        ("tradepost_sagas_total", &[("outcome", "confirmed")], 1.0),
        ("tradepost_payments_total", &[("event", "started"), sandbox], 1.0),
        ("tradepost_payments_total", &[("event", "paid"), sandbox], 1.0),
        ("tradepost_payments_total", &[("event", "closed"), sandbox], 0.0),
        ("tradepost_refunds_total", &[("event", "requested"), sandbox], 1.0),
        ("tradepost_refunds_total", &[("event", "done"), sandbox], 1.0),
        ("tradepost_notices_total", &[("event", "accepted"), sandbox], 2.0),
        ("tradepost_deliveries_total", &[("producer", "pay"), ("group", "order"), ("outcome", "delivered")], 2.0),
        ("tradepost_deliveries_total", &[("producer", "order"), ("group", "pay"), ("outcome", "delivered")], 1.0),
        ("tradepost_edge_messages_total", &[("from", "http"), ("to", "coordinator")], 3.0),
        ("tradepost_edge_messages_total", &[("from", "coordinator"), ("to", "coupon")], 3.0),
        ("tradepost_http_requests_total", &[("route", "/v1/orders"), ("method", "POST"), ("status", "2xx")], 2.0),
        ("tradepost_http_requests_total", &[("route", "/v1/orders"), ("method", "POST"), ("status", "4xx")], 1.0),
        ("tradepost_http_requests_total", &[("route", "/v1/orders/{id}/refund"), ("status", "2xx")], 1.0),
        ("tradepost_http_request_duration_seconds_count", &[("route", "/v1/orders"), ("method", "POST")], 3.0),
    ] {
        let difference = after.sum(name, labels) - before.sum(name, labels);
        assert_eq!(difference, grown, "{name} {labels:?}");
    }
    assert!(
        after.sum("tradepost_actor_batches_total", &[("actor", "order")])
            > before.sum("tradepost_actor_batches_total", &[("actor", "order")])
    );
    assert_eq!(after.sum("tradepost_money_at_risk", &[]), 0.0);
    app.finish().await;
}

#[actix_web::test]
async fn every_class_of_route_is_counted_under_its_template() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for (method, path, token) in [
        (Method::GET, "/healthz", ""),
        (Method::GET, "/v1/goods/1", ""),
        (Method::GET, "/v1/orders/1", zs.as_str()),
        (Method::GET, "/admin/orders/1", admin.as_str()),
        (Method::GET, "/problems/busy", ""),
        (Method::GET, "/sandbox/trades/1", ""),
        (Method::GET, "/nothing/at/all", ""),
        (Method::GET, "/v1/users/me", ""),
        (Method::HEAD, "/readyz", ""),
        (Method::DELETE, "/v1/orders", ""),
    ] {
        app.send(method, path, token, &[], None).await;
    }
    let scrape = app.scrape().await;
    for (route, method, status) in [
        ("/healthz", "GET", "2xx"),
        ("/v1/sessions", "POST", "2xx"),
        ("/v1/goods/{id}", "GET", "4xx"),
        ("/v1/orders/{id}", "GET", "4xx"),
        ("/admin/orders/{id}", "GET", "4xx"),
        ("/problems/{code}", "GET", "2xx"),
        ("/sandbox/trades/{out_trade_no}", "GET", "4xx"),
        ("unmatched", "GET", "4xx"),
        ("/v1/users/me", "GET", "4xx"),
        ("/readyz", "HEAD", "2xx"),
        ("/v1/orders", "other", "4xx"),
    ] {
        let labels = [("route", route), ("method", method), ("status", status)];
        let routes: BTreeSet<_> = scrape.find("tradepost_http_requests_total", &[]).map(|(labels, _)| labels).collect();
        assert!(scrape.sum("tradepost_http_requests_total", &labels) >= 1.0, "{labels:?}: {routes:?}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_request_that_is_refused_before_its_handler_is_counted_under_its_route() {
    let app = TestApp::with(&[("HTTP__IN_FLIGHT_MAX", "1"), ("HTTP__ADMIT_WITHIN", "0s")]).await;
    let zs = app.zs().await;
    app.faults.plan("order.apply", tradepost::actor::fault::Fault::Delay(std::time::Duration::from_millis(300)), 0, 1);
    let (goods, body) = (app.goods(10, "1.00").await, OrderBody::of);
    let orders = [body(&goods, 1), body(&goods, 1)];
    let (one, two) =
        futures_util::future::join(app.order(&zs, "one", &orders[0]), app.order(&zs, "two", &orders[1])).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 503]);
    let scrape = app.scrape().await;
    assert_eq!(scrape.sum("tradepost_admission_refused_total", &[]), 1.0);
    assert_eq!(scrape.sum("tradepost_http_requests_total", &[("route", "/v1/orders"), ("status", "5xx")]), 1.0);
    app.finish().await;
}

#[actix_web::test]
async fn what_is_rolled_back_is_not_counted() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    app.faults.plan("pay.before_commit", tradepost::actor::fault::Fault::Error, 0, 1);
    assert_eq!(app.pay(&zs, "pay", &order_id).await.status, 503);
    let started = async || app.scrape().await.sum("tradepost_payments_total", &[("event", "started")]);
    assert_eq!(started().await, 0.0);
    app.pay(&zs, "pay", &order_id).await.expect_started();
    assert_eq!(started().await, 1.0);
    app.finish().await;
}

#[actix_web::test]
async fn the_figures_name_no_customer_no_order_and_no_goods() {
    let app = TestApp::start().await;
    let (user_id, token) = app.customer("mallory-canary", "10.00").await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.get(&format!("/v1/orders/{order_id}"), &zs).await;
    app.get(&format!("{}?canary-in-query", app.pay_path(&pay_id)), "").await;
    app.get("/canary-in-path", &token).await;
    let text = app.get("/metrics", "").await.expect(200).text;
    Scrape::parse(&text).unwrap();
    for secret in [user_id.as_str(), &order_id, &pay_id, USER, GOODS, COUPON, "canary", "zs\"", "Main Street"] {
        assert!(!text.contains(secret), "{secret}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_store_that_does_not_answer_leaves_out_its_part_only() {
    let app = TestApp::start().await;
    assert_eq!(app.scrape().await.sum("tradepost_missing_parts", &[]), 0.0);
    app.fail_at("order.handle");
    let scrape = app.scrape().await;
    app.clear_fault("order.handle");
    assert!(scrape.sum("tradepost_missing_parts", &[]) >= 1.0);
    assert_eq!(scrape.find("tradepost_messages_pending", &[("producer", "order")]).count(), 0);
    assert!(scrape.find("tradepost_messages_pending", &[("producer", "pay")]).count() > 0);
    assert_eq!(scrape.find("tradepost_money_at_risk", &[]).count(), 0, "no money is claimed to be safe");
    app.finish().await;
}
