//! The document and its page, as they are served.

use crate::support::TestApp;
use crate::support::document::DOCUMENT;

#[actix_web::test]
async fn the_document_is_public_and_may_be_kept() {
    let app = TestApp::start().await;
    let answer = app.get("/openapi.json", "").await.expect(200);
    assert_eq!(answer.body, *DOCUMENT);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    app.finish().await;
}

#[actix_web::test]
async fn the_page_needs_no_other_host_and_no_script() {
    let app = TestApp::start().await;
    let answer = app.get("/docs", "").await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
    assert!(answer.text.contains("Places an order") && !answer.text.contains("<script"));
    app.finish().await;
}

#[actix_web::test]
async fn without_the_sandbox_its_routes_are_in_neither() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__ENABLED", "false")]).await;
    let document = app.get("/openapi.json", "").await.expect(200);
    assert!(document.body["paths"].as_object().unwrap().keys().all(|path| !path.starts_with("/sandbox")));
    assert!(!app.get("/docs", "").await.expect(200).text.contains("/sandbox/"));
    app.finish().await;
}
