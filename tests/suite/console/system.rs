//! Nodes and settings.

use crate::support::browser::{Browser, text};
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD, TestApp};

#[actix_web::test]
async fn the_settings_show_their_values_and_origins_and_no_secret() {
    const SECRET: &str = "a secret of at least 32 characters";
    let app = TestApp::with(&[("SESSION__SECRET", SECRET), ("ORDERS__PAY_WITHIN", "17m")]).await;
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/settings").await.expect(200);
    let shown = text(&page);
    assert!(shown.contains("orders.pay_within 17m TRADEPOST__ORDERS__PAY_WITHIN"), "{shown}");
    assert!(shown.contains("orders.shipping_fee") && shown.contains("default"), "{shown}");
    for secret in [SECRET, ADMIN_PASSWORD, DEMO_PASSWORD] {
        assert!(!page.text.contains(secret), "{secret} is shown");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_nodes_page_shows_this_node() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let shown = text(&browser.get("/console/nodes").await.expect(200));
    assert!(shown.contains("Engine of the stores") && shown.contains("May write yes"), "{shown}");
    app.finish().await;
}

#[actix_web::test]
async fn every_page_is_small_and_can_be_read_in_both_languages() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let mut paths: Vec<String> = [
        "orders",
        "payments",
        "refunds",
        "notices",
        "goods",
        "coupons",
        "customers",
        "journal",
        "reconcile",
        "nodes",
        "settings",
        "api-keys",
        "sandbox",
        "search?q=zs",
    ]
    .map(|page| format!("/console/{page}"))
    .to_vec();
    paths.extend([format!("/console/orders/{order_id}"), format!("/console/payments/{pay_id}")]);
    for language in ["en", "zh-CN"] {
        browser.get_once(&format!("/language/{language}")).await.expect(303);
        for path in &paths {
            let page = browser.get(path).await.expect(200);
            assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{path}");
            assert!(page.text.len() < 60_000, "{path} has {} bytes", page.text.len());
            assert!(!page.text.contains(" style=") && !page.text.contains("<script>"), "{path} has inline code");
            assert_eq!(page.text.matches("<h1>").count(), 1, "{path}");
        }
    }
    app.finish().await;
}
