//! The page of one order, and the acts on it.

use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::{COUPON, GOODS, OrderBody, TestApp};

#[actix_web::test]
async fn the_page_shows_the_money_the_events_and_the_payments_of_an_order() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let page = browser.get(&format!("/console/orders/{order_id}")).await.expect(200);
    let shown = text(&page);
    for words in [
        "Goods 1000.00 Shipping 0.00 Coupon −20.00 Balance −100.00 To pay 880.00 CNY",
        "confirmed paid unshipped",
        "ordered goods 1000.00 shipping 0.00 total 1000.00 coupon 20.00 balance 100.00 to pay 880.00",
        "payment paid payment",
        "points added points 880",
        "message topic",
        "1 Main Street",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    for link in [format!("/console/payments/{pay_id}"), format!("/console/goods/{GOODS}")] {
        assert!(page.text.contains(&format!("href=\"{link}\"")), "{link} in {}", page.text);
    }
    assert!(shown.contains(COUPON), "{shown}");
    let tracks = page.text.matches("class=\"track\"").count();
    assert_eq!(tracks, 7, "order, goods, coupon, user, pay, platform, messages: {}", page.text);
    assert!(page.text.len() < 60_000, "{} bytes", page.text.len());
    app.finish().await;
}

#[actix_web::test]
async fn only_the_acts_that_the_state_allows_have_a_form() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/orders/{order_id}");
    let forms = async |browser: &mut Browser<'_>| {
        let page = browser.get(&path).await.expect(200);
        ["ship", "refund", "cancel"].map(|act| page.text.contains(&format!("action=\"{path}/{act}\"")))
    };
    assert_eq!(forms(&mut browser).await, [false, false, true], "being paid");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(forms(&mut browser).await, [true, true, false], "paid");
    browser.act(&format!("{path}/ship"), &[]).await;
    assert_eq!(forms(&mut browser).await, [false, true, false], "shipped");
    browser.act(&format!("{path}/refund"), &[("reason", "all of it")]).await;
    app.settle().await;
    assert_eq!(forms(&mut browser).await, [false, false, false], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn a_part_is_refunded_with_the_amount_and_the_units_of_the_preview() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = app.goods(10, "50.00").await;
    let order_id = app.order(&zs, "order", &OrderBody::of(&goods, 3)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/orders/{order_id}/refund");
    let units = format!("goods.{goods}");
    let fields = [("amount", "50.00"), ("reason", "one was broken"), ("message", "Sorry"), (units.as_str(), "1")];
    let preview = text(&browser.post(&path, &fields).await.expect(200));
    for words in ["Back through the platform 50.00", "Left to refund afterwards 100.00", "Back into stock 1 ×", "Sorry"]
    {
        assert!(preview.contains(words), "{words} in {preview}");
    }
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_refund"), 0);
    let page = browser.act(&path, &fields).await;
    assert!(text(&page).contains("one was broken"), "{}", text(&page));
    app.settle().await;
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    assert_eq!(app.stock(&goods).await, 8);
    for (field, value, words) in [
        ("amount", "100.01", "must be at most 100.00"),
        ("amount", "0", "must be more than 0"),
        ("amount", "x", "must be an amount"),
        (units.as_str(), "3", "must be at most the 2 that are left"),
        (units.as_str(), "-1", "must be a number of units"),
        ("goods.x", "1", "is not a known field"),
    ] {
        let answer = browser.post(&path, &[("reason", "more"), (field, value)]).await.expect(422);
        assert!(text(&answer).contains(words), "{field} {value}: {}", text(&answer));
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_unpaid_order_is_cancelled_with_its_payments() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/orders/{order_id}/cancel");
    browser.post(&path, &[]).await.expect(422);
    let page = browser.act(&path, &[("reason", "a fraud"), ("message", "Please call us")]).await;
    assert!(text(&page).contains("cancelled") && text(&page).contains("a fraud"), "{}", text(&page));
    app.settle().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_act WHERE act = 'cancelled'"), 1);
    let page = browser.get(&format!("/console/payments/{pay_id}")).await.expect(200);
    assert!(text(&page).contains("closed"), "{}", text(&page));
    app.finish().await;
}

#[actix_web::test]
async fn an_act_that_is_no_longer_possible_is_refused_as_a_page() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/orders/{order_id}/cancel");
    let preview = browser.post(&path, &[("reason", "late")]).await.expect(200);
    let token = crate::support::browser::hidden(&preview, "token");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let page = browser.post("/console/act", &[("token", &token)]).await.expect(409);
    assert!(text(&page).contains("order_not_cancellable"), "{}", text(&page));
    app.assert_paid_once(&zs, &order_id).await;
    browser.get("/console/orders/1").await.expect(404);
    browser.get("/console/orders/x").await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn what_customers_write_is_text_on_every_page() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = app.goods(10, "5.00").await;
    let evil = "<img src=x onerror=alert(1)>\"'";
    let body = OrderBody::of(&goods, 1).with("consignee", evil.into()).with("address", evil.into());
    let order_id = app.order(&zs, "order", &body).await.expect(201).text_of("order_id");
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let found = format!("/console/search?q={}", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%22'");
    for path in [format!("/console/orders/{order_id}"), "/console/orders".to_owned(), found] {
        let page = browser.get(&path).await.expect(200);
        assert!(!page.text.contains("<img"), "{path}: {}", page.text);
        assert!(page.text.contains("&lt;img src=x"), "{path}: {}", page.text);
    }
    app.finish().await;
}
