//! The pages of a payment: `/pay/{id}` and the checkout of the sandbox.

use std::time::Duration;

use serde_json::json;

use crate::chromium::Page;
use crate::support::TestApp;

#[actix_web::test]
async fn a_customer_pays_and_the_page_shows_it_by_itself() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&format!("/pay/{pay_id}")).await;
    page.sees("880.00").await;
    page.sees("Javase课程 × 1").await;
    page.sees("Time left 29:5").await;
    page.assert_accessible().await;
    // The customer pays elsewhere, such as on a phone.
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    page.sees("Payment complete").await;
    page.assert_accessible().await;
    app.assert_paid_once(&zs, &order_id).await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_who_has_declined_tries_again_and_pays() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&format!("/sandbox/checkout/{pay_id}")).await;
    page.click("Decline").await;
    page.sees("Payment declined").await;
    page.assert_accessible().await;
    app.settle().await;
    page.click("Try again").await;
    page.sees("Payment closed").await;
    page.assert_accessible().await;
    page.double_click("Try again").await;
    page.sees("Pay your order").await;
    assert_ne!(page.path().await, format!("/pay/{pay_id}"), "a new payment");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 2, "one payment follows another");
    page.click("Go to the payment").await;
    page.is_at("/sandbox/checkout/").await;
    page.click("Pay").await;
    page.sees("Payment complete").await;
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_was_not_paid_in_time_says_so() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&format!("/pay/{pay_id}")).await;
    page.sees("Time left").await;
    app.advance(Duration::from_secs(31 * 60)).await;
    page.sees("Payment closed").await;
    page.sees("The order can no longer be paid").await;
    page.assert_accessible().await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn the_page_of_an_unknown_payment_is_accessible_too() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    page.expect_status(404);
    for path in ["/pay/1", "/sandbox/checkout/1"] {
        page.goto(path).await;
        page.sees("No such payment").await;
        page.assert_accessible().await;
    }
    drop(page);
    app.finish().await;
}
