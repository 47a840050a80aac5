//! Ordering and acting on an order by forms.

use std::time::Duration;

use futures_util::future::join;
use serde_json::json;

use super::{checkout, customer, order};
use crate::support::browser::{Browser, hidden, text};
use crate::support::{GOODS, TestApp};

/// The page of an order that was just placed.
async fn placed(browser: &mut Browser<'_>, app: &TestApp) -> String {
    let page = checkout(browser, GOODS).await;
    order(browser, &app.url(), &page).await.expect(303).header("location").to_owned()
}

#[actix_web::test]
async fn a_form_that_is_sent_twice_is_one_order_also_at_the_same_time() {
    let app = TestApp::start().await;
    let mut browser = customer(&app).await;
    let page = checkout(&mut browser, GOODS).await;
    let mut other = Browser::new(&app);
    other.post("/register", &[("user_name", "other"), ("user_password", "a good password")]).await.expect(200);
    let foreign = order(&mut other, &app.url(), &page).await;
    assert_eq!(foreign.header("location"), "/checkout", "the form of another session");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 0);

    let first = order(&mut browser, &app.url(), &page).await.expect(303).header("location").to_owned();
    let again = order(&mut browser, &app.url(), &page).await.expect(303).header("location").to_owned();
    assert!(first.starts_with("/orders/") && first == again, "{first} {again}");
    assert!(text(&browser.get("/basket").await).contains("Your basket is empty"));

    let page = checkout(&mut browser, GOODS).await;
    let mut second = browser.clone();
    let url = app.url();
    let (one, two) = join(order(&mut browser, &url, &page), order(&mut second, &url, &page)).await;
    assert_eq!(one.expect(303).header("location"), two.expect(303).header("location"));
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 2);
    app.finish().await;
}

#[actix_web::test]
async fn a_form_that_is_too_old_places_no_order() {
    let app = TestApp::start().await;
    let mut browser = customer(&app).await;
    let page = checkout(&mut browser, GOODS).await;
    app.clock.advance(Duration::from_secs(3601));
    assert_eq!(order(&mut browser, &app.url(), &page).await.expect(303).header("location"), "/checkout");
    let changed = hidden(&page, "draft").replace('.', "x.");
    let fields = [("draft", changed.as_str()), ("act", "order"), ("consignee", "x"), ("address", "y")];
    let forged = browser.post_from(&app.url(), "/checkout", &fields).await.expect(303);
    assert_eq!(forged.header("location"), "/checkout");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_refused_order_is_shown_with_what_was_entered_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let goods = app.goods(1, "5.00").await;
    let mut browser = customer(&app).await;
    let page = checkout(&mut browser, &goods).await;
    app.post(&format!("/admin/goods/{goods}/stock"), &app.admin().await, json!({"delta": -1, "reason": "sold"}))
        .await
        .expect(200);
    let refused = order(&mut browser, &app.url(), &page).await.expect(409);
    let shown = text(&refused);
    assert!(shown.contains("These goods are sold out.") && shown.contains("1 Main Street"), "{shown}");
    assert!(refused.text.contains("value=\"Li Wei\""), "{}", refused.text);
    app.post(&format!("/admin/goods/{goods}/stock"), &app.admin().await, json!({"delta": 1, "reason": "found"}))
        .await
        .expect(200);
    // The page has a new key: with the old one, the refusal would be repeated.
    order(&mut browser, &app.url(), &refused).await.expect(303);
    assert_eq!(app.stock(&goods).await, 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_pays_receives_and_is_refunded_by_forms() {
    let app = TestApp::start().await;
    let mut browser = customer(&app).await;
    let path = placed(&mut browser, &app).await;
    let order_id = path.trim_start_matches("/orders/").to_owned();
    let token = hidden(&browser.get(&path).await.expect(200), "token");
    let fields = [("token", token.as_str()), ("provider", "sandbox")];
    let pay = browser.post_from(&app.url(), &format!("{path}/pay"), &fields).await.expect(303);
    let again = browser.post_from(&app.url(), &format!("{path}/pay"), &fields).await.expect(303);
    assert_eq!(pay.header("location"), again.header("location"));
    let pay_id = pay.header("location").trim_start_matches("/pay/").split('-').next().unwrap().to_owned();
    let page = browser.get(&app.pay_path(&pay_id)).await.expect(200);
    assert!(page.text.contains(&format!("href=\"{}{path}\"", app.url())), "{}", page.text);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert!(text(&browser.get(&path).await).contains("Your order is paid"));

    let ship = json!({"carrier": "SF Express", "tracking_no": "SF1"});
    app.post(&format!("/admin/orders/{order_id}/ship"), &app.admin().await, ship).await.expect(200);
    let shipped = text(&browser.get(&path).await);
    assert!(shipped.contains("on its way") && shipped.contains("SF Express SF1"), "{shipped}");
    let too_late = browser.post(&format!("{path}/cancel"), &[]).await;
    assert_eq!(too_late.status, 409);
    assert!(text(&too_late).contains("the order has changed in the meantime"), "{}", too_late.text);
    assert!(text(&browser.post(&format!("{path}/receive"), &[]).await).contains("has arrived"));

    // An operator gives a part back, which the customer sees with the operator's words.
    let part = json!({"amount": "80.00", "reason": "internal words", "message": "a scratch"});
    app.post(&format!("/admin/orders/{order_id}/refund"), &app.admin().await, part).await.expect(202);
    app.settle().await;
    let shown = text(&browser.get(&path).await);
    for expected in ["80.00", "A part is refunded", "a scratch", "The money is back"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert!(!shown.contains("internal words"), "{shown}");
    app.finish().await;
}

#[actix_web::test]
async fn the_page_of_an_order_is_loaded_again_only_when_the_order_has_changed() {
    let app = TestApp::start().await;
    let mut browser = customer(&app).await;
    let path = placed(&mut browser, &app).await;
    let page = browser.get(&path).await.expect(200);
    let poll = page.text.split("hx-get=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.headers.push(("hx-request", "true".to_owned()));
    assert_eq!(browser.get_once(&poll).await.status, 204);
    browser.post_from(&app.url(), &format!("{path}/cancel"), &[]).await.expect(303);
    let changed = browser.get_once(&poll).await.expect(200);
    assert_eq!((changed.header("hx-refresh"), changed.text.as_str()), ("true", ""));
    app.finish().await;
}
