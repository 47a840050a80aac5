//! The page a customer can be sent to whatever the platform is: it follows the payment's state.

use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn the_page_of_a_payment_shows_where_to_pay_and_then_that_it_is_paid() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let page = app.get(&format!("/pay/{pay_id}"), "").await.expect(200);
    let checkout = format!("/sandbox/checkout/{pay_id}\"");
    assert!(page.text.contains(&checkout) && page.text.contains(&order_id), "{}", page.text);
    assert!(page.text.contains("880.00") && page.text.contains("http-equiv=\"refresh\""));
    assert_eq!((page.header("content-type"), page.header("cache-control")), ("text/html; charset=utf-8", "no-store"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let page = app.get(&format!("/pay/{pay_id}"), "").await.expect(200);
    assert!(page.text.contains("Paid.") && !page.text.contains("refresh") && !page.text.contains(&checkout));
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_that_is_given_up_or_paid_back_shows_so() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    assert!(app.get(&format!("/pay/{pay_id}"), "").await.expect(200).text.contains("Closed."));
    app.finish().await;

    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.refund(&zs, "back", &order_id).await.expect(202);
    app.settle().await;
    assert!(app.get(&format!("/pay/{pay_id}"), "").await.expect(200).text.contains("has gone back"));
    app.finish().await;
}

#[actix_web::test]
async fn what_names_no_payment_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    for path in ["/pay/1", "/pay/none", "/pay/-1", "/pay/%3Cscript%3E"] {
        let page = app.get(path, "").await.expect(404);
        assert!(page.text.contains("No such payment") && !page.text.contains("script"), "{path}: {}", page.text);
    }
    app.finish().await;
}

#[actix_web::test]
async fn what_the_platform_adds_to_the_address_of_the_page_changes_nothing() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = app.paying().await;
    // As Alipay sends its customers back: no proof of anything.
    let back = format!("/pay/{pay_id}?out_trade_no={pay_id}&trade_no=1&total_amount=880.00&sign=x");
    assert!(app.get(&back, "").await.expect(200).text.contains("Pay your order"));
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "unpaid");
    app.finish().await;
}
