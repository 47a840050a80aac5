//! The page of the built-in platform.

use crate::support::TestApp;
use crate::support::browser::{Browser, text};

#[actix_web::test]
async fn the_switches_pay_a_payment_with_and_without_faults() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/sandbox").await.expect(200);
    assert!(text(&page).contains("unpaid unpaid 880.00 0.00 0.00"), "{}", text(&page));
    let path = format!("/console/sandbox/{pay_id}");
    browser.post(&path, &[("deed", "lose")]).await.expect(200);
    app.settle().await;
    let page = browser.get("/console/sandbox").await.expect(200);
    assert!(text(&page).contains("unpaid paid 880.00 880.00 0.00"), "ours beside theirs: {}", text(&page));
    browser.post(&path, &[("deed", "signature")]).await.expect(200);
    app.settle().await;
    assert!(text(&browser.get("/console/sandbox").await).contains("unpaid paid 880.00 880.00 0.00 401"));
    browser.post(&path, &[("deed", "pay")]).await.expect(200);
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    for deed in ["decline", "close"] {
        browser.post(&path, &[("deed", deed)]).await.expect(409);
    }
    browser.post(&path, &[("deed", "burn")]).await.expect(422);
    browser.post("/console/sandbox/1", &[("deed", "pay")]).await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn only_the_administrator_has_the_switches_and_only_if_there_is_a_platform() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = app.paying().await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get_once("/console/sandbox").await.status, 303);
    browser.headers.push(("cookie", format!("tradepost_console={zs}")));
    assert_eq!(browser.get_once("/console/sandbox").await.status, 403);
    browser.post(&format!("/console/sandbox/{pay_id}"), &[("deed", "pay")]).await.expect(403);
    app.finish().await;
    let app = TestApp::with(&[("GATEWAY__SANDBOX__ENABLED", "false")]).await;
    let mut browser = Browser::operator(&app).await;
    browser.get("/console/sandbox").await.expect(404);
    assert!(!browser.get("/console/orders").await.expect(200).text.contains("/console/sandbox"));
    app.finish().await;
}
