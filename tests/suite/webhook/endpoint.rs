//! Endpoints as administrators keep them.

use awc::http::Method;
use serde_json::json;

use crate::support::webhook::{ALLOWED, received_ids};
use crate::support::{GOODS, OrderBody, RecordingServer, TestApp};

const WEBHOOKS: &str = "/admin/webhooks";

#[actix_web::test]
async fn a_webhook_is_created_once_per_key_and_its_secret_is_shown_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"url": "https://example.invalid/hook", "description": "the warehouse"});
    let create = || app.send(Method::POST, WEBHOOKS, &admin, &[("idempotency-key", "one")], Some(&body));
    let (first, again) = (create().await.expect(201), create().await.expect(201));
    assert_eq!(first.text_of("webhook_id"), again.text_of("webhook_id"));
    assert!(first.text_of("secret").starts_with("whsec_"));
    assert_eq!((&again.body["secret"], again.header("idempotent-replayed")), (&json!(null), "true"));
    let list = app.get(WEBHOOKS, &admin).await.expect(200);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert!(!list.text.contains("whsec_") && list.body["items"][0]["description"] == "the warehouse");
    let unknown = json!({"url": "https://example.invalid/", "event_types": ["order.paid"]});
    let refused = app.post(WEBHOOKS, &admin, unknown).await.expect_problem(422, "invalid_request");
    let error = &refused.body["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("event_types[0]"), &json!("unknown_word")));
    assert!(error["allowed"].as_array().unwrap().contains(&json!("shop.tradepost.order.paid.v1")));
    app.post(WEBHOOKS, &app.zs().await, json!({"url": "https://example.invalid/"}))
        .await
        .expect_problem(403, "forbidden");
    app.finish().await;
}

#[actix_web::test]
async fn what_happens_while_a_webhook_is_disabled_is_sent_after_it_is_enabled() {
    let mut app = TestApp::with(&ALLOWED).await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &["shop.tradepost.order.placed.v1"]).await;
    app.change_webhook(&endpoint, json!({"enabled": false})).await.expect(200);
    assert_eq!(app.webhook(&endpoint).await["disable_reason"], "administrator");
    let order = app.order(&app.zs().await, "order", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.send_events().await;
    assert_eq!(receiver.requests().len(), 0);
    app.change_webhook(&endpoint, json!({"enabled": true})).await.expect(200);
    app.settle().await;
    assert_eq!(received_ids(&receiver), [format!("order.placed.v1-{}", order.text_of("order_id"))]);
    app.finish().await;
}

#[actix_web::test]
async fn a_deleted_webhook_gets_nothing_more_and_nothing_of_it_is_left() {
    let mut app = TestApp::with(&ALLOWED).await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    receiver.reply(&[(500, ""), (500, "")]);
    app.try_endpoint(&endpoint).await;
    let admin = app.admin().await;
    let path = endpoint.path("");
    let delete = || app.send(Method::DELETE, &path, &admin, &[], None);
    delete().await.expect(204);
    delete().await.expect_problem(404, "not_found");
    app.order(&app.zs().await, "order", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.get(&endpoint.path("/deliveries"), &admin).await.expect_problem(404, "not_found");
    app.send_events().await;
    app.advance(std::time::Duration::from_secs(3600)).await;
    assert_eq!(receiver.requests().len(), 1);
    for table in ["webhook", "webhook_delivery", "webhook_attempt"] {
        assert_eq!(app.number("user", &format!("SELECT count(*) AS n FROM {table}")), 0, "{table}");
    }
    let journal = app.get("/admin/journal?limit=3", &app.admin().await).await.expect(200);
    let acts: Vec<_> = journal.body["items"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(acts, ["webhook_deleted", "webhook_tested", "webhook_created"]);
    assert_eq!(journal.body["items"][0]["subject"], json!({"kind": "webhook", "id": endpoint.id}));
    app.finish().await;
}

#[actix_web::test]
async fn no_more_events_are_read_for_an_endpoint_than_may_wait_and_deliveries_are_pruned() {
    let more = [("WEBHOOKS__UNDELIVERED_MAX", "5"), ("WEBHOOKS__SCHEDULE", "0s, 1h")];
    let mut app = TestApp::with(&[&ALLOWED[..], &more].concat()).await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &["shop.tradepost.order.placed.v1"]).await;
    receiver.reply(&[(500, ""); 200]);
    let zs = app.zs().await;
    for number in 0..120 {
        app.order(&zs, &format!("order-{number}"), &OrderBody::of(GOODS, 1)).await;
    }
    app.send_events().await;
    let first = app.webhook(&endpoint).await["undelivered"].as_i64().unwrap();
    assert!((5..=100).contains(&first), "one page may go beyond the bound: {first}");
    let scrape = app.scrape().await;
    let shown = scrape.sum("tradepost_webhook_undelivered", &[("webhook", &endpoint.id)]);
    assert_eq!(format!("{shown}"), first.to_string());
    app.advance(std::time::Duration::from_secs(8 * 24 * 3600)).await;
    app.advance(std::time::Duration::from_secs(8 * 24 * 3600)).await;
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM webhook_delivery WHERE status = 2"), 0);
    app.finish().await;
}
