//! Goods and coupons.

use crate::support::browser::{Browser, hidden, text};
use crate::support::{TestApp, USER};

#[actix_web::test]
async fn goods_are_created_once_changed_and_adjusted() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let before = app.number("goods", "SELECT count(*) AS n FROM goods");
    let fields = [("goods_name", "Green tea"), ("goods_price", "12.50"), ("goods_number", "7"), ("goods_desc", "")];
    let page = browser.act("/console/goods", &fields).await;
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods"), before + 1);
    assert!(text(&page).contains("Green tea on sale"), "{}", text(&page));
    let path = page.text.split("action=\"").find_map(|rest| rest.split_once("/stock\"")).unwrap().0.to_owned();
    let page = browser.act(&format!("{path}/stock"), &[("delta", "-2"), ("reason", "broken")]).await;
    assert!(text(&page).contains("In stock 5") && text(&page).contains("broken"), "{}", text(&page));
    let change = [("goods_name", "Green tea"), ("goods_price", "13"), ("goods_desc", "Leaves"), ("on_sale", "false")];
    let preview = text(&browser.post(&format!("{path}/change"), &change).await.expect(200));
    for words in ["Name unchanged", "Price 12.50 → 13.00", "Sale on sale → off sale"] {
        assert!(preview.contains(words), "{words} in {preview}");
    }
    browser.act(&format!("{path}/change"), &change).await;
    let page = browser.get("/console/goods?on_sale=false").await.expect(200);
    assert!(text(&page).contains("Green tea"), "{}", text(&page));
    app.finish().await;
}

#[actix_web::test]
async fn a_change_of_goods_that_another_administrator_has_changed_meanwhile_is_refused() {
    let app = TestApp::start().await;
    let goods = app.goods(5, "10.00").await;
    let mut browser = Browser::operator(&app).await;
    let path = format!("/console/goods/{goods}");
    let change = |price| [("goods_name", "test goods"), ("goods_price", price), ("on_sale", "true")];
    let preview = browser.post(&format!("{path}/change"), &change("11")).await.expect(200);
    browser.act(&format!("{path}/change"), &change("12")).await;
    let late = browser.post("/console/act", &[("token", &hidden(&preview, "token"))]).await.expect(412);
    assert!(text(&late).contains("precondition_failed"), "{}", text(&late));
    assert!(text(&browser.get(&path).await).contains("Price 12.00"));
    for (field, value) in [("delta", "x"), ("delta", "99999999999"), ("reason", "")] {
        let fields = [("delta", "1"), ("reason", "r")].map(|pair| if pair.0 == field { (field, value) } else { pair });
        browser.post(&format!("{path}/stock"), &fields).await.expect(422);
    }
    browser.get("/console/goods/1").await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn a_coupon_is_created_once_for_a_customer_who_exists() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let before = app.number("coupon", "SELECT count(*) AS n FROM coupon");
    let page = browser.act("/console/coupons", &[("user_id", USER), ("coupon_price", "5")]).await;
    assert_eq!(app.number("coupon", "SELECT count(*) AS n FROM coupon"), before + 1);
    assert!(text(&page).contains("5.00 not used"), "{}", text(&page));
    for (user_id, price) in [("1", "5"), (USER, "0"), (USER, "-1"), ("", "5")] {
        browser.post("/console/coupons", &[("user_id", user_id), ("coupon_price", price)]).await.expect(422);
    }
    app.finish().await;
}
