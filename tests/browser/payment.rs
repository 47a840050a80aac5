//! The pages of a payment: `/pay/{ticket}` and the checkout of the sandbox.

use std::time::Duration;

use serde_json::json;

use crate::chromium::Page;
use crate::platform::Wechat;
use crate::support::{OrderBody, TestApp};

/// A shop at a stand-in of WeChat Pay, with a payment of its product `provider`; the id of the payment.
async fn at_wechat(provider: &str) -> (Wechat, TestApp, String) {
    let platform = Wechat::start().await;
    let app = TestApp::with(&platform.settings()).await;
    platform.follow(&app.clock);
    platform.deliver_to(&app.url());
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let mut body = json!({"order_id": order_id, "provider": provider});
    if provider == "wechat_jsapi" {
        body["payer"] = json!("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    }
    let pay_id = app.start_payment(&zs, "pay", &body).await.expect(201).text_of("pay_id");
    (platform, app, pay_id)
}

#[actix_web::test]
async fn a_qr_code_is_shown_for_the_app_of_the_platform() {
    let (_platform, app, pay_id) = at_wechat("wechat").await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&app.pay_path(&pay_id)).await;
    page.sees("Scan it with the platform's app.").await;
    assert_eq!(page.value("document.querySelector('.code svg').checkVisibility()").await, true);
    page.assert_accessible().await;
    page.picture("payment-qr").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn inside_wechat_the_dialog_opens_once_and_again_at_the_press_of_the_button() {
    let (_platform, app, pay_id) = at_wechat("wechat_jsapi").await;
    let mut page = Page::open(&app.url()).await;
    // The part of WeChat that the page calls. It counts over the reload of the page.
    page.run_at_start(
        "window.WeixinJSBridge = {invoke(name, parameters, then) {
            if (name !== 'getBrandWCPayRequest' || !parameters.paySign) throw new Error(name);
            sessionStorage.opened = Number(sessionStorage.opened ?? 0) + 1;
            then({});
        }}",
    )
    .await;
    page.goto(&app.pay_path(&pay_id)).await;
    page.until("location.search === '?asked' && document.readyState === 'complete'").await;
    page.sees("Open this page inside WeChat.").await;
    assert_eq!(page.value("sessionStorage.opened").await, "1");
    page.assert_accessible().await;
    page.click("Pay").await;
    page.until("sessionStorage.opened === '2'").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_pays_and_the_page_shows_it_by_itself() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&app.pay_path(&pay_id)).await;
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
    page.goto(&app.checkout_path(&pay_id)).await;
    page.click("Decline").await;
    page.sees("Payment declined").await;
    page.assert_accessible().await;
    app.settle().await;
    page.click("Try again").await;
    page.sees("Payment closed").await;
    page.assert_accessible().await;
    page.double_click("Try again").await;
    page.sees("Pay your order").await;
    assert_ne!(page.path().await, app.pay_path(&pay_id), "a new payment");
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
    page.goto(&app.pay_path(&pay_id)).await;
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
