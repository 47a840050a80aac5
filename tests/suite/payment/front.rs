//! Requests of a shop front about payments: the methods, the payments of an order, closing, and the way back.

use awc::http::Method;
use serde_json::{Value, json};

use crate::on_each_platform;
use crate::platform::alipay::Front as Alipay;
use crate::platform::{AnswerFault, Op, PlannedFault};
use crate::support::{Answer, GOODS, OrderBody, Platform, Shop, TestApp};

on_each_platform!(a_payment_is_closed_only_if_its_platform_answers);

async fn order(app: &TestApp, token: &str, key: &str) -> String {
    app.order(token, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id")
}

async fn close(app: &TestApp, token: &str, pay_id: &str) -> Answer {
    app.send(Method::POST, &format!("/v1/payments/{pay_id}/close"), token, &[], None).await
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.body["items"].as_array().unwrap().iter().map(|item| item["pay_id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn the_payment_methods_are_the_products_that_are_set_up() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "sandbox_b")]).await;
    let methods = app.get("/v1/payment-methods", "").await.expect(200).body;
    let sandbox = |provider: &str| {
        json!({"provider": provider, "checkout": "redirect", "needs_payer": false, "takes_return_url": true,
               "state": "up", "since": null})
    };
    assert_eq!(methods, json!({"items": [sandbox("sandbox"), sandbox("sandbox_b")]}));
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_who_lost_the_page_finds_the_payment_again() {
    let app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "sandbox_b")]).await;
    let zs = app.zs().await;
    let (first, second) = (order(&app, &zs, "first").await, order(&app, &zs, "second").await);
    let one = app.pay(&zs, "one", &first).await.expect(201).text_of("pay_id");
    let two = app.pay(&zs, "two", &second).await.expect(201).text_of("pay_id");
    let three = app.pay_through("sandbox_b", &zs, "three", &first).await.expect(201).text_of("pay_id");
    let of_first = [three.as_str(), one.as_str()];
    for path in [format!("/v1/payments?order_id={first}"), format!("/v1/orders/{first}/payments")] {
        let found = app.get(&path, &zs).await.expect(200);
        assert_eq!(ids(&found), of_first, "{path}");
        assert_eq!(found.body["items"][1], app.get(&format!("/v1/payments/{one}"), &zs).await.body);
    }
    assert_eq!(ids(&app.get("/v1/payments", &zs).await.expect(200)), [&three, &two, &one]);
    let page = app.get("/v1/payments?limit=2", &zs).await.expect(200);
    let rest = app.get(&format!("/v1/payments?limit=2&cursor={}", page.text_of("next_cursor")), &zs).await.expect(200);
    assert_eq!((ids(&page), ids(&rest)), (vec![three.as_str(), two.as_str()], vec![one.as_str()]));
    let open = &page.body["items"][0];
    let order = app.get(&format!("/v1/orders/{first}"), &zs).await.expect(200).body;
    assert_eq!((&open["currency"], &open["pay_before"]), (&json!("CNY"), &order["pay_before"]));
    assert!(open["pay_before"].is_string() && open["checkout"]["url"].is_string(), "{open}");
    // Another customer sees none of them.
    let (_, mallory) = app.customer("mallory", "0.00").await;
    assert_eq!(app.get(&format!("/v1/payments?order_id={first}"), &mallory).await.expect(200).body["items"], json!([]));
    app.get(&format!("/v1/orders/{first}/payments"), &mallory).await.expect_problem(404, "not_found");
    app.get("/v1/orders/1/payments", &zs).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn an_open_payment_is_closed_at_its_platform_and_then_here() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let pay_id = app.pay(&zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let (_, mallory) = app.customer("mallory", "0.00").await;
    close(&app, &mallory, &pay_id).await.expect_problem(404, "not_found");
    close(&app, &zs, "1").await.expect_problem(404, "not_found");
    for _ in 0..2 {
        let closed = close(&app, &zs, &pay_id).await.expect(200).body;
        assert_eq!((&closed["status"], &closed["pay_before"]), (&json!("closed"), &Value::Null), "also if repeated");
    }
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["status"], "closed");
    app.pay_at_platform(&pay_id, json!({})).await.expect_problem(409, "trade_not_open");
    // The order can still be paid, by another payment.
    let other = app.pay(&zs, "two", &order_id).await.expect(201).text_of("pay_id");
    assert_ne!(other, pay_id);
    app.pay_at_platform(&other, json!({})).await.expect(200);
    app.assert_order_paid(&zs, &order_id).await;
    let refused = close(&app, &zs, &other).await.expect_problem(409, "payment_not_closable");
    assert_eq!(refused.body["payment_status"], "paid");
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_that_was_paid_without_a_notice_is_paid_by_the_attempt_to_close_it() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let pay_id = app.pay(&zs, "one", &order_id).await.expect(201).text_of("pay_id");
    app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({"lose": true})).await.expect(200);
    close(&app, &zs, &pay_id).await.expect_problem(409, "payment_not_closable");
    app.settle().await;
    app.assert_order_paid(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_that_is_paid_and_closed_at_once_ends_as_one_of_both() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    for round in 0..8 {
        let order_id = order(&app, &zs, &format!("order-{round}")).await;
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let pay_path = format!("/sandbox/trades/{pay_id}/pay");
        let pay = app.post(&pay_path, "", json!({}));
        let (closed, paid) = futures_util::future::join(close(&app, &zs, &pay_id), pay).await;
        app.settle().await;
        let status = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).text_of("status");
        match closed.status {
            200 => assert_eq!((status.as_str(), paid.status), ("closed", 409)),
            _ => assert_eq!((status.as_str(), closed.status, paid.status), ("paid", 409, 200)),
        }
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_comes_back_to_an_allowed_page_only() {
    let app = TestApp::with(&[("PAYMENTS__RETURN_ORIGINS", "https://shop.example.com, http://localhost:3000")]).await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let start = async |key: &str, return_url: &str| {
        let body = json!({"order_id": order_id, "provider": "sandbox", "return_url": return_url});
        app.start_payment(&zs, key, &body).await
    };
    for wrong in [
        "https://evil.example/",
        "http://shop.example.com/",
        "https://shop.example.com.evil.example/",
        "https://shop.example.com:8443/",
        "https://shop.example.com@evil.example/",
        "javascript:alert(1)",
        "//shop.example.com/",
    ] {
        let refused = start("wrong", wrong).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], "return_url", "{wrong}");
    }
    let allowed = start("wrong", "https://evil.example/").await.body["errors"][0]["allowed"].clone();
    assert_eq!(allowed, json!(["https://shop.example.com", "http://localhost:3000"]));
    let back = "https://shop.example.com/thanks?order=1&lang=en";
    let payment = start("right", back).await.expect(201);
    assert_eq!(payment.body["return_url"], back);
    let pay_id = payment.text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let link = "href=\"https://shop.example.com/thanks?order=1&amp;lang=en\"";
    for path in [app.pay_path(&pay_id), app.checkout_path(&pay_id)] {
        let page = app.get(&path, "").await.expect(200).text;
        assert!(page.contains(link), "{path}: {page}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn no_return_url_is_accepted_without_the_setting() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = order(&app, &zs, "order").await;
    let body = json!({"order_id": order_id, "provider": "sandbox", "return_url": "https://shop.example.com/"});
    app.start_payment(&zs, "wrong", &body).await.expect_problem(422, "invalid_request");
    let body = json!({"order_id": order_id, "provider": "sandbox", "return_url": null});
    let pay_id = app.start_payment(&zs, "right", &body).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert!(!app.get(&app.pay_path(&pay_id), "").await.expect(200).text.contains("Back to the shop"));
    app.finish().await;
}

async fn a_payment_is_closed_only_if_its_platform_answers<P: Platform>() {
    let shop = Shop::<P>::open().await;
    let case = shop.paying(P::PRODUCTS[1]).await;
    let cut = PlannedFault::next(Op::Close, AnswerFault::Status(502));
    shop.platform.plan_fault(cut.times(3).without_effect());
    let refused = close(&shop.app, &shop.zs, &case.pay_id).await.expect_problem(503, "busy");
    assert_eq!(refused.body["errors"], Value::Null);
    let path = format!("/v1/payments/{}", case.pay_id);
    assert_eq!(shop.app.get(&path, &shop.zs).await.expect(200).body["status"], "unpaid");
    for _ in 0..3 {
        if close(&shop.app, &shop.zs, &case.pay_id).await.status == 200 {
            break;
        }
    }
    assert_eq!(shop.app.get(&path, &shop.zs).await.expect(200).body["status"], "closed");
    shop.finish().await;
}

#[actix_web::test]
async fn alipay_is_given_the_page_to_which_the_customer_returns() {
    let shop = Shop::<Alipay>::with(
        <Alipay as Platform>::start().await,
        &[("PAYMENTS__RETURN_ORIGINS", "https://shop.example.com")],
    )
    .await;
    let order_id = shop.golden_order().await;
    let url = |started: &Answer| started.body["checkout"]["url"].as_str().unwrap().to_owned();
    let body = json!({"order_id": order_id, "provider": "alipay", "return_url": "https://shop.example.com/a?b=c"});
    for _ in 0..2 {
        let started = shop.app.start_payment(&shop.zs, "one", &body).await;
        assert!(started.status < 300, "{started:?}");
        assert!(url(&started).contains("return_url=https%3A%2F%2Fshop.example.com%2Fa%3Fb%3Dc"), "{}", url(&started));
    }
    shop.finish().await;
}
