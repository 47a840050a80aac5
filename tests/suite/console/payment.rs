//! Payments and refunds.

use serde_json::json;

use crate::support::TestApp;
use crate::support::browser::{Browser, text};

#[actix_web::test]
async fn a_payment_shows_the_notifications_as_they_were_received_with_their_verdicts() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/payments/{pay_id}");
    assert!(text(&browser.get(&path).await.expect(200)).contains("Nothing matches"));
    app.pay_at_platform(&pay_id, json!({"tamper": "amount"})).await.expect(200);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let page = browser.get(&path).await.expect(200);
    let shown = text(&page);
    for words in ["paid", "believed", "880.00 CNY", "Notifications of the platform", "As received"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(shown.contains(&format!("\"out_trade_no\":\"{pay_id}\"")), "the body: {shown}");
    assert!(page.text.contains(&format!("href=\"/console/orders/{order_id}\"")));
    let list = browser.get("/console/payments?status=paid").await.expect(200);
    assert!(list.text.contains(&path), "{}", list.text);
    let csv = browser.get("/console/payments.csv?status=paid").await.expect(200);
    assert!(csv.text.starts_with("pay_id,") && csv.text.lines().count() == 2, "{}", csv.text);
    browser.get("/console/payments/1").await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn the_platform_is_asked_about_a_payment_whose_notification_was_lost() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let page = browser.post(&format!("/console/payments/{pay_id}/query"), &[]).await.expect(200);
    assert!(text(&page).contains("Done.") && text(&page).contains("paid"), "{}", text(&page));
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    browser.post("/console/payments/1/query", &[]).await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_has_a_page_and_is_found_by_its_state() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    browser.act(&format!("/console/orders/{order_id}/refund"), &[("amount", "80"), ("reason", "scratch")]).await;
    app.settle().await;
    let list = browser.get("/console/refunds?status=done").await.expect(200);
    let refund_id = list.text.split("href=\"/console/refunds/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.get(&format!("/console/refunds/{refund_id}")).await.expect(200);
    for words in ["80.00", "scratch", "done", &order_id, &pay_id] {
        assert!(text(&page).contains(words), "{words} in {}", text(&page));
    }
    assert!(text(&browser.get("/console/refunds?status=parked").await).contains("Nothing matches"));
    assert_eq!(browser.get("/console/refunds.csv").await.expect(200).text.lines().count(), 2);
    app.finish().await;
}
