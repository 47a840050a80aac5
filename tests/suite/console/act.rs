//! Acts: a preview, and then one execution.

use std::time::Duration;

use serde_json::json;

use crate::support::browser::{Browser, hidden, text};
use crate::support::{ADMIN_PASSWORD, TestApp};

async fn paid_order(app: &TestApp) -> String {
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    order_id
}

#[actix_web::test]
async fn an_act_has_a_preview_and_executing_it_twice_is_one_act() {
    let app = TestApp::start().await;
    let order_id = paid_order(&app).await;
    let mut browser = Browser::operator(&app).await;
    let fields = [("carrier", "SF Express"), ("tracking_no", "SF 1")];
    let preview = browser.post(&format!("/console/orders/{order_id}/ship"), &fields).await.expect(200);
    assert!(text(&preview).contains("Nothing has been done yet") && text(&preview).contains("SF Express"));
    let shipped = "SELECT count(*) AS n FROM order_act WHERE act = 'shipped'";
    assert_eq!(app.number("order", shipped), 0);
    let token = hidden(&preview, "token");
    for _ in 0..2 {
        let answer = browser.post_from(&app.url(), "/console/act", &[("token", &token)]).await.expect(303);
        assert_eq!(answer.header("location"), format!("/console/orders/{order_id}?done=1"));
    }
    assert_eq!(app.number("order", shipped), 1);
    app.finish().await;
}

#[actix_web::test]
async fn the_token_of_a_preview_is_bound_to_its_session_its_content_and_an_hour() {
    let app = TestApp::start().await;
    let order_id = paid_order(&app).await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/orders/{order_id}/ship");
    let token = hidden(&browser.post(&path, &[]).await.expect(200), "token");
    let forged = token.replacen(['A', 'B', 'C'], "D", 1);
    for wrong in [forged.as_str(), "", "x", "a.b"] {
        let status = browser.post_from(&app.url(), "/console/act", &[("token", wrong)]).await.status;
        assert!([403, 422].contains(&status), "{wrong}: {status}");
    }
    // A second session of the same administrator, of the same second.
    let mut other = Browser::new(&app);
    other.sign_in("admin", ADMIN_PASSWORD).await.expect(200);
    other.post("/console/act", &[("token", &token)]).await.expect(403);
    app.clock.advance(Duration::from_secs(3601));
    let late = browser.post("/console/act", &[("token", &token)]).await.expect(403);
    assert!(text(&late).contains("older than an hour"), "{}", late.text);
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_act WHERE act = 'shipped'"), 0);
    app.finish().await;
}
