//! The pages of webhooks.

use crate::support::browser::{Browser, text};
use crate::support::webhook::ALLOWED;
use crate::support::{RecordingServer, TestApp};

const PATH: &str = "/console/webhooks";

#[actix_web::test]
async fn a_webhook_is_tried_disabled_and_enabled_and_its_page_shows_the_deliveries() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    let mut browser = Browser::operator(&app).await;
    let list = browser.get(PATH).await.expect(200);
    assert!(text(&list).contains(&receiver.url) && !list.text.contains("whsec_"), "{}", list.text);
    let page = format!("{PATH}/{}", endpoint.id);
    receiver.reply(&[(503, "")]);
    browser.act(&format!("{page}/test"), &[]).await;
    app.settle().await;
    assert_eq!(receiver.requests().len(), 1, "a double click is one event");
    let shown = text(&browser.get(&page).await.expect(200));
    assert!(shown.contains("webhook.test.v1-") && shown.contains("the endpoint answered 503"), "{shown}");
    let disabled = text(&browser.act(&format!("{page}/disable"), &[]).await);
    assert!(disabled.contains("disabled") && !disabled.contains("Send a test event"), "{disabled}");
    let enabled = text(&browser.act(&format!("{page}/enable"), &[]).await);
    assert!(enabled.contains("Send a test event"), "{enabled}");
    browser.get(&format!("{PATH}/1")).await.expect(404);
    app.finish().await;
}
