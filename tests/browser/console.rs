//! Shop window and console together: the administrator follows what a customer does.

use serde_json::json;

use crate::chromium::Page;
use crate::steps::{enter_administrator, sign_in};
use crate::support::TestApp;

#[actix_web::test]
async fn an_order_is_followed_in_the_console_and_a_part_refund_is_visible_everywhere() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut page = Page::open(&app.url()).await;
    sign_in(&mut page).await;
    page.goto(&format!("/orders/{order_id}")).await;
    page.click("What just happened behind the scenes").await;

    // The session of the shop is none of the console.
    page.is_at("/console/sign-in").await;
    page.assert_accessible().await;
    enter_administrator(&mut page).await;
    page.is_at(&format!("/console/orders/{order_id}")).await;
    page.sees("880.00").await;
    page.assert_accessible().await;
    page.picture("console-order").await;

    let part = json!({"amount": "80.00", "reason": "scratched", "message": "a scratch"});
    app.post(&format!("/admin/orders/{order_id}/refund"), &app.admin().await, part).await.expect(202);
    app.settle().await;
    for path in [
        format!("/console/orders/{order_id}"),
        format!("/console/payments/{pay_id}"),
        "/console/refunds".to_owned(),
        format!("/orders/{order_id}"),
    ] {
        page.goto(&path).await;
        page.sees("80.00").await;
        page.assert_accessible().await;
    }
    // The customer reads the words for the customer only.
    page.sees("a scratch").await;
    page.sees_no("scratched").await;
    drop(page);
    app.finish().await;
}
