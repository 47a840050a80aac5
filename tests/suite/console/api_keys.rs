//! The page of API keys.

use crate::support::TestApp;
use crate::support::browser::{Browser, hidden, text};

const PATH: &str = "/console/api-keys";

/// The key on a page, or on none.
fn key_of(page: &str) -> Option<String> {
    Some(page.split("<code class=\"secret\">").nth(1)?.split('<').next()?.to_owned())
}

#[actix_web::test]
async fn a_key_is_created_once_and_only_the_page_after_the_preview_shows_it() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let fields = [("name", "web"), ("orders", "true"), ("catalog", "true")];
    let preview = browser.post(PATH, &fields).await.expect(200);
    assert!(
        text(&preview).contains("catalog orders") || text(&preview).contains("orders catalog"),
        "{}",
        text(&preview)
    );
    assert_eq!(key_of(&preview.text), None);
    let token = hidden(&preview, "token");
    let mut keys = Vec::new();
    for _ in 0..2 {
        let page = browser.post("/console/act", &[("token", &token)]).await.expect(200);
        assert_eq!(page.header("cache-control"), "no-store");
        keys.push(key_of(&page.text).unwrap());
    }
    assert_eq!(keys[0], keys[1], "a double click is one key");
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM api_key"), 1);
    let list = browser.get(PATH).await.expect(200);
    assert!(text(&list).contains(&keys[0][..16]) && !list.text.contains(&keys[0]), "{}", list.text);
    // The same form again is another key.
    let again = hidden(&browser.post(PATH, &fields).await.expect(200), "token");
    let page = browser.post("/console/act", &[("token", &again)]).await.expect(200);
    assert_ne!(key_of(&page.text).unwrap(), keys[0]);
    let journal = text(&browser.get("/console/journal").await.expect(200));
    assert!(!journal.contains(&keys[0]) && journal.contains("api_key"), "{journal}");
    app.finish().await;
}

#[actix_web::test]
async fn a_key_needs_a_name_and_a_scope_and_only_a_key_is_revoked() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    for (fields, field) in [
        (&[("name", "web")][..], "scopes"),
        (&[("name", "a name"), ("orders", "true")][..], "name"),
        (&[("orders", "true")][..], "name"),
    ] {
        let page = browser.post(PATH, fields).await.expect(422);
        assert!(page.text.contains(&format!("<b>{field}</b>")), "{}", page.text);
    }
    browser.post(&format!("{PATH}/1/revoke"), &[]).await.expect(404);
    let token = hidden(&browser.post(PATH, &[("name", "web"), ("orders", "true")]).await.expect(200), "token");
    browser.post("/console/act", &[("token", &token)]).await.expect(200);
    let list = browser.get(PATH).await.expect(200);
    let action = list.text.split(&format!("action=\"{PATH}/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.act(&format!("{PATH}/{action}"), &[]).await;
    assert!(text(&page).contains("revoked"), "{}", text(&page));
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM api_key WHERE revoke_time IS NOT NULL"), 1);
    app.finish().await;
}
