//! The list of orders.

use crate::support::browser::{Browser, text};
use crate::support::{OrderBody, TestApp};

#[actix_web::test]
async fn the_orders_are_filtered_by_links_and_by_a_form() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = app.goods(10, "5.00").await;
    let place = async |key: &str, consignee: &str| {
        let body = OrderBody::of(&goods, 1).with("consignee", consignee.into());
        app.order(&zs, key, &body).await.expect(201).text_of("order_id")
    };
    let (ann, bo) = (place("a", "Ann <b>").await, place("b", "Bo").await);
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/orders").await.expect(200);
    for order_id in [&ann, &bo] {
        assert!(page.text.contains(&format!("href=\"/console/orders/{order_id}\"")), "{}", page.text);
    }
    assert!(page.text.contains("Ann &lt;b&gt;") && !page.text.contains("<b>Ann"), "a name is no markup");
    let chip = "href=\"/console/orders?pay_status=unpaid\"";
    assert!(page.text.contains(chip), "{}", page.text);
    assert!(text(&browser.get("/console/orders?pay_status=paid").await).contains("Nothing matches"));
    // As the form sends it: with the fields that were left empty.
    let page = browser.get("/console/orders?pay_status=unpaid&consignee=Bo&user_id=&goods_id=").await.expect(200);
    assert!(page.text.contains(&bo) && !page.text.contains(&ann), "{}", page.text);
    app.finish().await;
}

#[actix_web::test]
async fn the_form_filters_by_moments_in_utc_and_by_amounts_and_keeps_the_chips() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let (cheap, dear) = (app.goods(10, "5.00").await, app.goods(10, "50.00").await);
    let first = app.order(&zs, "a", &OrderBody::of(&cheap, 1)).await.expect(201).text_of("order_id");
    app.advance(std::time::Duration::from_secs(120)).await;
    let between = &app.clock.now().to_string()[..16];
    app.advance(std::time::Duration::from_secs(120)).await;
    let second = app.order(&zs, "b", &OrderBody::of(&dear, 1)).await.expect(201).text_of("order_id");
    let mut browser = Browser::operator(&app).await;
    let shows = async |browser: &mut Browser<'_>, query: &str| {
        let page = browser.get(&format!("/console/orders?{query}")).await.expect(200);
        [&first, &second].map(|order_id| page.text.contains(order_id.as_str()))
    };
    // As the browser sends the fields of the form: minutes without a zone.
    assert_eq!(shows(&mut browser, &format!("from={between}&before=&amount_min=")).await, [false, true]);
    assert_eq!(shows(&mut browser, &format!("before={between}")).await, [true, false]);
    assert_eq!(shows(&mut browser, "amount_min=20.00").await, [false, true]);
    assert_eq!(shows(&mut browser, "amount_min=1&amount_max=20").await, [true, false]);
    let page = browser.get(&format!("/console/orders?pay_status=unpaid&from={between}")).await.expect(200);
    assert!(page.text.contains(&format!("name=\"from\" value=\"{between}\"")), "{}", page.text);
    assert!(page.text.contains("<input type=\"hidden\" name=\"pay_status\" value=\"unpaid\">"), "{}", page.text);
    browser.get("/console/orders?from=yesterday").await.expect(422);
    app.finish().await;
}

#[actix_web::test]
async fn the_list_goes_on_by_links_and_is_a_file_too() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = app.goods(10, "5.00").await;
    for key in ["a", "b", "c"] {
        app.order(&zs, key, &OrderBody::of(&goods, 1)).await.expect(201);
    }
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/orders?limit=2").await.expect(200);
    let next = page.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let rest = browser.get(&next).await.expect(200);
    assert_eq!(page.text.matches("href=\"/console/orders/").count(), 2);
    assert_eq!(rest.text.matches("href=\"/console/orders/").count(), 1);
    assert!(!rest.text.contains("rel=\"next\""));
    let csv = browser.get("/console/orders.csv?limit=2").await.expect(200);
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.text);
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"orders.csv\"");
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    assert!(csv.header("link").starts_with("</console/orders.csv?limit=2&cursor="), "{}", csv.header("link"));
    app.finish().await;
}
