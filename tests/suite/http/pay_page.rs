//! The payment page, which is the same for all platforms and shows the state of the payment.

use awc::http::Method;
use serde_json::json;

use crate::support::TestApp;

#[actix_web::test]
async fn the_page_of_a_payment_links_to_the_checkout_and_then_shows_that_it_is_paid() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let page = app.get(&app.pay_path(&pay_id), "").await.expect(200);
    let checkout = format!("{}\"", app.checkout_path(&pay_id));
    assert!(page.text.contains(&checkout) && page.text.contains(&order_id), "{}", page.text);
    assert!(page.text.contains("880.00") && page.text.contains("http-equiv=\"refresh\""));
    assert_eq!((page.header("content-type"), page.header("cache-control")), ("text/html; charset=utf-8", "no-store"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let page = app.get(&app.pay_path(&pay_id), "").await.expect(200);
    assert!(page.text.contains("Paid.") && !page.text.contains("refresh") && !page.text.contains(&checkout));
    app.finish().await;
}

#[actix_web::test]
async fn the_page_shows_that_a_payment_is_closed_or_refunded() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    assert!(app.get(&app.pay_path(&pay_id), "").await.expect(200).text.contains("Closed."));
    app.finish().await;

    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.refund(&zs, "back", &order_id).await.expect(202);
    app.settle().await;
    assert!(app.get(&app.pay_path(&pay_id), "").await.expect(200).text.contains("has gone back"));
    app.finish().await;
}

#[actix_web::test]
async fn the_page_of_an_unknown_payment_says_that_it_does_not_exist() {
    let app = TestApp::start().await;
    for path in ["/pay/1", "/pay/none", "/pay/-1", "/pay/%3Cb%3E"] {
        let page = app.get(path, "").await.expect(404);
        assert!(page.text.contains("No such payment"), "{path}: {}", page.text);
        assert!(!page.text.contains("<b>") && !page.text.contains("%3Cb"), "{path}: {}", page.text);
    }
    app.finish().await;
}

/// Review H12.
#[actix_web::test]
async fn the_id_of_a_payment_alone_opens_no_page() {
    let mut app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let payment = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200);
    let (page, checkout) = (payment.text_of("page_path"), payment.body["checkout"]["url"].as_str().unwrap().to_owned());
    assert_eq!(page, app.pay_path(&pay_id), "the customer gets the address");
    let checkout = checkout.trim_start_matches(&app.url()).to_owned();
    let tag = page.rsplit_once('-').unwrap().1.to_owned();
    assert_eq!((tag.len(), checkout.rsplit_once('-').unwrap().1.len()), (32, 32), "128 bits");
    for guess in [
        format!("/pay/{pay_id}"),
        format!("/pay/{pay_id}-"),
        format!("/pay/{pay_id}-{}", "0".repeat(32)),
        format!("/pay/{order_id}-{tag}"),
        format!("/sandbox/checkout/{pay_id}"),
        // Neither opens the page of the other.
        format!("/sandbox/checkout/{pay_id}-{tag}"),
    ] {
        let answer = app.get(&guess, "").await.expect(404);
        assert!(!answer.text.contains("880.00") && !answer.text.contains(&order_id), "{guess}");
        for act in ["again", "pay", "decline"] {
            let (path, origin) = (format!("{guess}/{act}"), app.url());
            app.fetch(Method::POST, &path, &[("origin", &origin)], Vec::new()).await.expect(404);
        }
    }
    app.restart().await;
    app.get(&page, "").await.expect(200);
    app.get(&checkout, "").await.expect(200);
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body["status"], "unpaid");
    app.finish().await;
}

#[actix_web::test]
async fn query_parameters_that_the_platform_adds_to_the_page_change_nothing() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = app.paying().await;
    // Alipay adds these parameters when it sends the customer back. They are not a proof of payment.
    let page = app.pay_path(&pay_id);
    let back = format!("{page}?out_trade_no={pay_id}&trade_no=1&total_amount=880.00&sign=x");
    assert!(app.get(&back, "").await.expect(200).text.contains("Pay your order"));
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "unpaid");
    app.finish().await;
}
