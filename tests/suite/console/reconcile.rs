//! The comparison with a platform's statement.

use serde_json::json;
use tradepost::gateway::statement::day::Day;

use crate::support::TestApp;
use crate::support::browser::{Browser, hidden, text};

#[actix_web::test]
async fn a_lost_payment_is_found_in_the_statement_and_booked_once() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let day = Day::of(app.clock.now()).unwrap();
    let path = format!("/console/reconcile?provider=sandbox&day={day}&bill=trade");
    let page = browser.get(&path).await.expect(200);
    let shown = text(&page);
    assert!(shown.contains("missing in the books 1") && shown.contains("not paid"), "{shown}");
    assert!(page.text.contains(&format!("/console/payments/{pay_id}")), "{}", page.text);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay WHERE is_paid = 2"), 0, "nothing is changed");
    let token = hidden(&page, "token");
    for _ in 0..2 {
        let page = browser.post("/console/act", &[("token", &token)]).await.expect(200);
        assert!(text(&page).contains("The statement and the books agree"), "{}", text(&page));
    }
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_statement_that_cannot_be_compared_is_an_error_page() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let form = browser.get("/console/reconcile").await.expect(200);
    assert!(form.text.contains("type=\"date\"") && form.text.contains("<option>sandbox</option>"), "{}", form.text);
    browser.get("/console/reconcile?provider=unknown&day=2026-01-01").await.expect(422);
    browser.get("/console/reconcile?provider=sandbox&day=yesterday").await.expect(422);
    app.finish().await;
}

#[actix_web::test]
async fn a_statement_is_dropped_as_a_file_and_repairs_only_with_the_same_file() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    let statement = app.get("/sandbox/statement", "").await.expect(200).text;
    let mut browser = Browser::operator(&app).await;
    let path = "/console/reconcile";
    let page = browser.post_file(path, &[("provider", "sandbox"), ("bill", "trade")], &statement).await.expect(200);
    assert!(text(&page).contains("missing in the books 1"), "{}", text(&page));
    let token = hidden(&page, "token");
    let fields = [("provider", "sandbox"), ("token", token.as_str())];
    let other = statement.replace("880.00", "880.01");
    assert!(
        text(&browser.post_file(path, &fields, &other).await.expect(403)).contains("not the one that was compared")
    );
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay WHERE is_paid = 2"), 0, "nothing is changed");
    for _ in 0..2 {
        let page = browser.post_file(path, &fields, &statement).await.expect(200);
        assert!(text(&page).contains("Done."), "{}", text(&page));
    }
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    browser.post_file(path, &[("provider", "sandbox")], "no statement").await.expect(409);
    browser.post_file(path, &[("provider", "unknown")], &statement).await.expect(422);
    browser.post_file(path, &[("provider", "sandbox")], "").await.expect(422);
    browser.post(path, &[("provider", "sandbox")]).await.expect(415);
    app.finish().await;
}
