//! Money that waits for an operator, and notifications that were not believed.

use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::{Answer, TestApp};

/// The golden order whose customer was charged one cent less: the ids of the order and of the payment.
async fn charged_too_little(app: &TestApp) -> (String, String) {
    let (_, order_id, pay_id) = app.paying().await;
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET amount = 87999 WHERE out_trade_no = '{pay_id}'"));
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    (order_id, pay_id)
}

/// The path of the only item that waits.
fn item(list: &Answer) -> String {
    let rest = list.text.split("href=\"/console/notices/").nth(1).expect("nothing waits");
    format!("/console/notices/{}", rest.split('"').next().unwrap())
}

#[actix_web::test]
async fn a_charge_of_another_amount_is_given_back_once() {
    let app = TestApp::start().await;
    let (order_id, pay_id) = charged_too_little(&app).await;
    let mut browser = Browser::operator(&app).await;
    let list = browser.get("/console/notices").await.expect(200);
    let shown = text(&list);
    assert!(shown.contains("needs attention") && shown.contains("Notices 1"), "frame: {shown}");
    assert!(shown.contains("the amount differs") && shown.contains("879.99"), "{shown}");
    let path = item(&list);
    let page = browser.get(&path).await.expect(200);
    assert!(page.text.contains(&order_id) && page.text.contains("value=\"match\""), "{}", page.text);
    assert!(!page.text.contains("value=\"retry\""), "that is for refunds: {}", page.text);
    let done = browser.act(&path, &[("decision", "refund"), ("reason", "as agreed"), ("message", "Sorry")]).await;
    assert!(text(&done).contains("healthy"), "{}", text(&done));
    app.settle().await;
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_act"), 1);
    browser.get(&path).await.expect(404);
    let journal = browser.get(&format!("/console/journal?order_id={order_id}")).await.expect(200);
    assert!(text(&journal).contains("parked_refunded") && text(&journal).contains("as agreed"), "{}", text(&journal));
    assert!(text(&browser.get(&format!("/console/payments/{pay_id}")).await).contains("not believed"));
    app.finish().await;
}

#[actix_web::test]
async fn a_decision_needs_a_reason_and_fits_the_money() {
    let app = TestApp::start().await;
    charged_too_little(&app).await;
    let mut browser = Browser::operator(&app).await;
    let path = item(&browser.get("/console/notices").await);
    for (fields, status) in [
        (&[("decision", "dismiss")][..], 422),
        (&[("reason", "x")], 422),
        (&[("decision", "burn"), ("reason", "x")], 422),
        (&[("decision", "match"), ("reason", "x")], 422),
        (&[("decision", "match"), ("order_id", "1"), ("reason", "x")], 422),
    ] {
        browser.post(&path, fields).await.expect(status);
    }
    browser.post("/console/notices/1", &[("decision", "dismiss"), ("reason", "x")]).await.expect(404);
    let preview = browser.post(&path, &[("decision", "accept"), ("reason", "x")]).await.expect(200);
    let token = crate::support::browser::hidden(&preview, "token");
    let refused = browser.post("/console/act", &[("token", &token)]).await.expect(409);
    assert!(text(&refused).contains("decision_not_possible"), "{}", text(&refused));
    browser.act(&path, &[("decision", "dismiss"), ("reason", "a test charge")]).await;
    app.finish_broken().await;
}
