//! The harness itself: what it must find fault with.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::chromium::Page;
use crate::support::TestApp;

async fn fails(page: Page) -> bool {
    AssertUnwindSafe(async move { drop(page) }).catch_unwind().await.is_err()
}

#[actix_web::test]
async fn a_message_in_the_console_a_foreign_request_and_an_inaccessible_page_fail_a_test() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    page.goto("/docs").await;
    page.value("console.log('a message')").await;
    assert!(fails(page).await, "a message in the console is not found");

    let mut page = Page::open("http://another.example").await;
    page.goto(&format!("{}/docs", app.url())).await;
    assert!(fails(page).await, "a request to another host is not found");

    let mut page = Page::open(&app.url()).await;
    page.goto("/docs").await;
    page.value("document.body.innerHTML = '<button></button>'").await;
    let checked = AssertUnwindSafe(page.assert_accessible()).catch_unwind().await;
    assert!(checked.is_err(), "a button without a name is not found");

    page.goto("/docs").await;
    page.sees("Tradepost").await;
    // The style is applied: the policy names it by its hash.
    assert_ne!(page.value("getComputedStyle(document.body).fontFamily").await, "\"Times New Roman\"");
    assert!(page.requests().iter().any(|url| url.ends_with("/docs")));
    drop(page);
    app.finish().await;
}
