//! The readers of events, and a shop that records none.

use serde_json::json;

use crate::support::TestApp;
use crate::support::feed::events;

const EVENTS: &str = "/v1/events";

#[actix_web::test]
async fn a_key_reads_events_with_the_scope_for_it_and_with_no_other() {
    let mut app = TestApp::start().await;
    app.publish().await;
    let admin = app.admin().await;
    let key = async |scopes: &[&str]| {
        let body = json!({"name": "warehouse", "scopes": scopes});
        app.post("/admin/api-keys", &admin, body).await.expect(201).text_of("key")
    };
    let reader = key(&["events"]).await;
    assert!(!events(&app.get(EVENTS, &reader).await.expect(200)).is_empty());
    app.get("/v1/orders", &reader).await.expect_problem(403, "forbidden");
    app.get("/admin/orders", &reader).await.expect_problem(403, "forbidden");
    let other = key(&["orders", "catalog"]).await;
    let refused = app.get(EVENTS, &other).await.expect_problem(403, "forbidden");
    let error = &refused.body["errors"][0];
    assert_eq!((&error["code"], &error["scope"]), (&json!("scope_missing"), &json!("events")));
    app.get(EVENTS, &app.zs().await).await.expect_problem(403, "forbidden");
    app.get(EVENTS, "").await.expect_problem(401, "unauthenticated");
    app.finish().await;
}

#[actix_web::test]
async fn a_shop_without_a_chain_says_that_it_has_no_events() {
    let app = TestApp::with(&[("AUDIT__CHAIN", "false")]).await;
    let answer = app.get(EVENTS, &app.admin().await).await.expect_problem(404, "not_found");
    assert!(answer.text_of("detail").contains("audit.chain"), "{}", answer.text);
    app.finish().await;
}
