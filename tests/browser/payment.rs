//! The pages of a payment: `/pay/{id}` and the checkout of the sandbox.

use crate::chromium::Page;
use crate::support::TestApp;

#[actix_web::test]
async fn a_customer_pays_from_the_page_of_the_payment() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto(&format!("/pay/{pay_id}")).await;
    page.sees("880.00").await;
    page.assert_accessible().await;
    page.click("Go to the payment").await;
    page.is_at("/sandbox/checkout/").await;
    page.assert_accessible().await;
    page.click("Pay").await;
    page.sees("Paid").await;
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    drop(page);
    app.finish().await;
}
