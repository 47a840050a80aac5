//! Customers and their ledgers.

use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::{TestApp, USER};

#[actix_web::test]
async fn the_ledgers_of_a_customer_add_up() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let page = browser.get(&format!("/console/customers/{USER}")).await.expect(200);
    let shown = text(&page);
    assert_eq!(shown.matches("The entries add up to the present value").count(), 2, "{shown}");
    assert!(shown.contains("Balance 900.00") && shown.contains("Points 980"), "{shown}");
    assert!(shown.contains(&format!("order {order_id} −100.00")), "{shown}");
    app.tamper("user", &format!("UPDATE users SET user_money = user_money + 1 WHERE user_id = {USER}"));
    let shown = text(&browser.get(&format!("/console/customers/{USER}")).await.expect(200));
    assert!(shown.contains("do not add up to the present value"), "{shown}");
    app.finish_broken().await;
}

#[actix_web::test]
async fn a_balance_is_adjusted_once_and_stays_in_its_range() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/customers/{USER}/balance");
    let preview = browser.post(&path, &[("delta", "-30.5"), ("reason", "a mistake")]).await.expect(200);
    assert!(text(&preview).contains("Balance afterwards 969.50"), "{}", text(&preview));
    let page = browser.act(&path, &[("delta", "-30.5"), ("reason", "a mistake")]).await;
    assert!(text(&page).contains("adjusted −30.50"), "{}", text(&page));
    for delta in ["0", "-1000", "99999999999", "x", ""] {
        browser.post(&path, &[("delta", delta), ("reason", "r")]).await.expect(422);
    }
    let journal = browser.get("/console/journal").await.expect(200);
    assert!(journal.text.contains(&format!("/console/customers/{USER}")), "{}", journal.text);
    assert_eq!(browser.get("/console/journal.csv").await.expect(200).text.lines().count(), 2);
    app.finish().await;
}

#[actix_web::test]
async fn customers_are_found_by_name() {
    let app = TestApp::start().await;
    app.customer("ann", "0.00").await;
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/customers?user_name_prefix=an&user_name=").await.expect(200);
    assert!(text(&page).contains("ann") && !page.text.contains(USER), "{}", text(&page));
    assert_eq!(browser.get("/console/customers.csv").await.expect(200).text.lines().count(), 4, "admin, zs, ann");
    browser.get("/console/customers/1").await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn an_account_is_disabled_and_enabled_after_a_preview() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/customers/{USER}/account");
    let preview = browser.post(&path, &[("change", "disable"), ("reason", "a lost phone")]).await.expect(200);
    assert!(text(&preview).contains("All sessions of the user end"), "{}", text(&preview));
    app.get("/v1/users/me", &zs).await.expect(200);
    let page = browser.act(&path, &[("change", "disable"), ("reason", "a lost phone")]).await;
    assert!(text(&page).contains("disabled since"), "{}", text(&page));
    app.get("/v1/users/me", &zs).await.expect_problem(401, "unauthenticated");
    let page = browser.act(&path, &[("change", "enable"), ("reason", "it was found")]).await;
    assert!(text(&page).contains("may sign in"), "{}", text(&page));
    let page = browser.act(&path, &[("change", "make_admin"), ("reason", "a new colleague")]).await;
    assert!(text(&page).contains("administrator"), "{}", text(&page));
    app.get("/admin/status", &app.zs().await).await.expect(200);
    app.finish().await;
}
