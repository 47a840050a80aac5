//! Addresses to which nothing is sent.

use serde_json::json;

use crate::support::webhook::ALLOWED;
use crate::support::{RecordingServer, TestApp};

#[actix_web::test]
async fn an_endpoint_has_no_address_that_is_private_or_in_plain_text() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (url, setting) in [
        ("http://example.com/hook", "webhooks.allow_http"),
        ("https://127.0.0.1/hook", "webhooks.allow_private_addresses"),
        ("https://localhost:8443/", "webhooks.allow_private_addresses"),
        ("https://169.254.169.254/latest/meta-data", "webhooks.allow_private_addresses"),
        ("https://10.0.0.7", "webhooks.allow_private_addresses"),
        ("https://[::1]/", "webhooks.allow_private_addresses"),
        ("https://[::ffff:192.168.0.1]/", "webhooks.allow_private_addresses"),
        ("https://2130706433/", "webhooks.allow_private_addresses"),
        ("https://0x7f.1/", "webhooks.allow_private_addresses"),
    ] {
        let refused =
            app.post("/admin/webhooks", &admin, json!({"url": url})).await.expect_problem(422, "invalid_request");
        let error = &refused.body["errors"][0];
        assert_eq!(error["field"], "url", "{url}");
        assert!(error["detail"].as_str().unwrap().contains(setting), "{url}: {error}");
    }
    for url in ["https://user:password@example.com/", "https://example.com/#a", "ftp://example.com", "example.com", ""]
    {
        let refused =
            app.post("/admin/webhooks", &admin, json!({"url": url})).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], "url", "{url}");
    }
    let endpoint = app.endpoint("https://example.invalid/hook", &["shop.tradepost.order.paid.v1"]).await;
    app.change_webhook(&endpoint, json!({"url": "https://127.0.0.1/"})).await.expect_problem(422, "invalid_request");
    app.finish().await;
}

#[actix_web::test]
async fn a_name_that_stands_for_a_private_address_is_found_out_before_anything_is_sent() {
    let mut app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let url = receiver.url.replace("127.0.0.1", "localhost");
    let endpoint = app.endpoint(&url, &[]).await;
    app.try_endpoint(&endpoint).await;
    assert_eq!(receiver.requests().len(), 1);
    // As if the name had stood for a public address until now.
    app.set("WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "false");
    app.restart().await;
    app.try_endpoint(&endpoint).await;
    assert_eq!(receiver.requests().len(), 1, "no connection was made");
    let pending = app.webhook_deliveries(&endpoint, "pending").await;
    let error = pending[0]["latest_attempts"][0]["error"].as_str().unwrap();
    assert!(error.contains("not public"), "{error}");
    app.finish().await;
}
