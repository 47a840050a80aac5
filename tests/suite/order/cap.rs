//! Caps on what one account may hold in unpaid orders.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, OrderBody, PAY_WITHIN, TestApp};

const ORDERS: &str = "ORDERS__UNPAID_ORDERS_MAX";
const UNITS: &str = "ORDERS__UNPAID_UNITS_MAX";
const IN_ALL: &str = "ORDERS__UNPAID_UNITS_IN_ALL_MAX";

/// The only error of an order that was refused with `code`.
#[track_caller]
fn error(refused: &Answer, code: &str) -> Value {
    assert_eq!((refused.status, refused.body["code"].as_str()), (409, Some(code)), "{}", refused.text);
    let errors = refused.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{}", refused.text);
    errors[0].clone()
}

async fn cancel(app: &TestApp, token: &str, order_id: &str) {
    app.post(&format!("/v1/orders/{order_id}/cancel"), token, json!({})).await.expect(200);
    app.settle().await;
}

#[actix_web::test]
async fn an_account_has_no_more_unpaid_orders_than_its_cap() {
    let app = TestApp::with(&[(ORDERS, "2")]).await;
    let goods_id = app.goods(100, "5.00").await;
    let (_, token) = app.customer("holder", "100.00").await;
    let order_body = OrderBody::of(&goods_id, 1);
    let first = app.order(&token, "first", &order_body).await.expect(201).text_of("order_id");
    let second = app.order(&token, "second", &order_body).await.expect(201).text_of("order_id");
    let refused = app.order(&token, "third", &order_body).await;
    let facts = error(&refused, "too_many_unpaid_orders");
    assert_eq!((&facts["unpaid_orders"], &facts["unpaid_orders_max"]), (&json!(2), &json!(2)));
    assert_eq!((facts["field"].as_str(), app.stock(&goods_id).await), (Some("goods"), 98));
    let again = app.order(&token, "third", &order_body).await;
    assert_eq!((again.body["order_id"].as_str(), again.status), (refused.body["order_id"].as_str(), 409));
    let order = app.get(&format!("/v1/orders/{}", refused.text_of("order_id")), &token).await.expect(200).body;
    let data = json!([{"code": "too_many_unpaid_orders", "unpaid_orders": 2, "unpaid_orders_max": 2}]);
    assert_eq!((order["order_status"].as_str(), &order["refusal_data"]), (Some("invalid"), &data));

    let (_, other) = app.customer("another", "0.00").await;
    app.order(&other, "other", &order_body).await.expect(201);
    let free = order_body.clone().with("money_paid", json!("15.00"));
    app.order(&token, "paid-by-balance", &free).await.expect(201);

    let pay_id = app.pay(&token, "pay", &first).await.expect(201).text_of("pay_id");
    error(&app.order(&token, "paying", &order_body).await, "too_many_unpaid_orders");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.order(&token, "after-paying", &order_body).await.expect(201);
    error(&app.order(&token, "full-again", &order_body).await, "too_many_unpaid_orders");
    cancel(&app, &token, &second).await;
    app.order(&token, "after-cancelling", &order_body).await.expect(201);
    app.advance(PAY_WITHIN).await;
    app.order(&token, "after-expiry-1", &order_body).await.expect(201);
    app.order(&token, "after-expiry-2", &order_body).await.expect(201);
    error(&app.order(&token, "after-expiry-3", &order_body).await, "too_many_unpaid_orders");
    app.finish().await;
}

#[actix_web::test]
async fn an_account_holds_no_more_units_of_a_product_than_its_cap() {
    let app = TestApp::with(&[(UNITS, "10")]).await;
    let (scarce, other) = (app.goods(100, "1.00").await, app.goods(100, "1.00").await);
    let (_, token) = app.customer("holder", "0.00").await;
    let first = app.order(&token, "first", &OrderBody::of(&scarce, 6)).await.expect(201).text_of("order_id");
    let line = |goods_id: &str, number: i64| json!({"goods_id": goods_id, "goods_number": number});
    let both = OrderBody::of(&scarce, 1).with("goods", json!([line(&other, 10), line(&scarce, 5)]));
    let facts = error(&app.order(&token, "both", &both).await, "too_many_unpaid_units");
    assert_eq!((&facts["unpaid_units"], &facts["unpaid_units_max"]), (&json!(6), &json!(10)));
    assert_eq!((&facts["field"], &facts["index"]), (&json!("goods[1].goods_number"), &json!(1)));
    assert!(facts["detail"].as_str().unwrap().starts_with("must be at most 4"), "{facts}");
    assert_eq!((app.stock(&scarce).await, app.stock(&other).await), (94, 100));
    app.order(&token, "rest", &OrderBody::of(&scarce, 4)).await.expect(201);
    app.order(&token, "other", &OrderBody::of(&other, 10)).await.expect(201);
    error(&app.order(&token, "one-more", &OrderBody::of(&scarce, 1)).await, "too_many_unpaid_units");
    cancel(&app, &token, &first).await;
    error(&app.order(&token, "seven", &OrderBody::of(&scarce, 7)).await, "too_many_unpaid_units");
    app.order(&token, "six", &OrderBody::of(&scarce, 6)).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn an_account_holds_no_more_units_of_all_products_than_its_cap() {
    let app = TestApp::with(&[(IN_ALL, "10")]).await;
    let goods = [app.goods(5, "1.00").await, app.goods(5, "1.00").await, app.goods(5, "1.00").await];
    let (_, token) = app.customer("holder", "100.00").await;
    let all = |number: i64| {
        let lines: Vec<Value> =
            goods.iter().map(|goods_id| json!({"goods_id": goods_id, "goods_number": number})).collect();
        OrderBody::of(&goods[0], 1).with("goods", json!(lines))
    };
    let facts = error(&app.order(&token, "the-whole-shop", &all(5)).await, "too_many_units_in_all");
    assert_eq!((&facts["units_in_all"], &facts["units_in_all_max"]), (&json!(0), &json!(10)));
    assert_eq!((facts["field"].as_str(), app.stock(&goods[0]).await), (Some("goods"), 5));
    app.order(&token, "some", &all(3)).await.expect(201);
    let facts = error(&app.order(&token, "two-more", &OrderBody::of(&goods[1], 2)).await, "too_many_units_in_all");
    assert!(facts["detail"].as_str().unwrap().starts_with("must be at most 1 units in all"), "{facts}");
    app.order(&token, "one-more", &OrderBody::of(&goods[1], 1)).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn orders_that_arrive_at_once_do_not_exceed_a_cap_together() {
    for batch_max in ["1", "1024"] {
        let app = TestApp::with(&[
            (UNITS, "9"),
            (IN_ALL, "12"),
            (ORDERS, "4"),
            ("STORE__WRITERS", "8"),
            ("OWNERS__BATCH_MAX", batch_max),
        ])
        .await;
        let (scarce, plenty) = (app.goods(1000, "1.00").await, app.goods(1000, "1.00").await);
        let customers = [app.customer("one", "0.00").await.1, app.customer("two", "0.00").await.1];
        let (two_each, one_each) = (OrderBody::of(&scarce, 2), OrderBody::of(&plenty, 1));
        for (order_body, placed) in [(&two_each, 4), (&one_each, 0)] {
            let orders = (0..40).map(|n| {
                let (app, token) = (&app, &customers[n % 2]);
                async move { app.order(token, &format!("{n}-of-{placed}"), order_body).await.status }
            });
            let statuses = join_all(orders).await;
            for customer in 0..2 {
                let of_customer = statuses.iter().skip(customer).step_by(2);
                assert_eq!(of_customer.filter(|status| **status == 201).count(), placed, "batches of {batch_max}");
            }
        }
        assert_eq!((app.stock(&scarce).await, app.stock(&plenty).await), (984, 1000));
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_cap_counts_the_orders_from_before_it_was_set() {
    let mut app = TestApp::start().await;
    let goods_id = app.goods(100, "1.00").await;
    let (_, token) = app.customer("holder", "0.00").await;
    for n in 0..3 {
        app.order(&token, &format!("before-{n}"), &OrderBody::of(&goods_id, 3)).await.expect(201);
    }
    app.set(UNITS, "10");
    app.restart().await;
    let refused = app.order(&token, "after", &OrderBody::of(&goods_id, 2)).await;
    assert_eq!(error(&refused, "too_many_unpaid_units")["unpaid_units"], 9);
    app.order(&token, "last", &OrderBody::of(&goods_id, 1)).await.expect(201);
    app.set(UNITS, "0");
    app.restart().await;
    app.order(&token, "without-a-cap", &OrderBody::of(&goods_id, 50)).await.expect(201);
    app.set(UNITS, "65");
    app.restart().await;
    let refused = app.order(&token, "with-a-cap-again", &OrderBody::of(&goods_id, 6)).await;
    assert_eq!(error(&refused, "too_many_unpaid_units")["unpaid_units"], 60);
    app.order(&token, "last-again", &OrderBody::of(&goods_id, 5)).await.expect(201);
    app.finish().await;
}

/// Copies an order, with other ids and keys, bypassing the owner.
const COPIES: &str =
    "INSERT INTO orders (order_id, user_id, order_status, pay_status, shipping_status, address, consignee,
        goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount, add_time, confirm_time,
        idempotency_key, fingerprint, deadline_time, wake_time)
    WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < 900)
    SELECT order_id - n, user_id, order_status, pay_status, shipping_status, address, consignee,
        goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount, add_time, confirm_time,
        CAST(n AS CHAR(20)), fingerprint, deadline_time, wake_time
    FROM orders, copy WHERE orders.idempotency_key = 'second'";

#[actix_web::test]
async fn an_order_is_placed_without_reading_what_its_account_holds_while_the_caps_are_far_away() {
    let mut app = TestApp::with(&[(ORDERS, "500"), (UNITS, "500"), (IN_ALL, "500")]).await;
    let goods_id = app.goods(100, "1.00").await;
    let (_, token) = app.customer("holder", "0.00").await;
    let order_body = OrderBody::of(&goods_id, 1);
    app.order(&token, "first", &order_body).await.expect(201);
    app.advance(Duration::from_secs(1)).await;
    app.order(&token, "second", &order_body).await.expect(201);
    // Orders that the account has not counted can only be seen where they are read.
    app.tamper("order", COPIES);
    app.order(&token, "third", &order_body).await.expect(201);
    app.set(ORDERS, "3");
    app.restart().await;
    let refused = app.order(&token, "fourth", &order_body).await;
    assert_eq!(error(&refused, "too_many_unpaid_orders")["unpaid_orders"], 903);
    app.finish_broken().await;
}

#[actix_web::test]
async fn an_account_that_has_paid_or_cancelled_much_may_order_as_much_again() {
    let app = TestApp::with(&[(ORDERS, "3"), (UNITS, "7"), (IN_ALL, "9")]).await;
    let (goods_id, other) = (app.goods(100, "1.00").await, app.goods(100, "1.00").await);
    let (_, token) = app.customer("holder", "0.00").await;
    let held = app.order(&token, "held", &OrderBody::of(&other, 2)).await.expect(201).text_of("order_id");
    for n in 0..6 {
        let order_id = app.order(&token, &format!("order-{n}"), &OrderBody::of(&goods_id, 7)).await.expect(201);
        let refused = app.order(&token, &format!("refused-{n}"), &OrderBody::of(&other, 1)).await;
        assert_eq!(error(&refused, "too_many_units_in_all")["units_in_all"], 9);
        cancel(&app, &token, &order_id.text_of("order_id")).await;
    }
    cancel(&app, &token, &held).await;
    app.order(&token, "last", &OrderBody::of(&other, 7)).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_quote_counts_the_orders_from_before_a_cap_was_set() {
    let mut app = TestApp::start().await;
    let goods_id = app.goods(100, "1.00").await;
    let (_, token) = app.customer("holder", "0.00").await;
    let (_, other) = app.customer("another", "0.00").await;
    for n in 0..3 {
        app.order(&token, &format!("before-{n}"), &OrderBody::of(&goods_id, 3)).await.expect(201);
    }
    let cancelled = app.order(&token, "cancelled", &OrderBody::of(&goods_id, 3)).await.expect(201);
    cancel(&app, &token, &cancelled.text_of("order_id")).await;
    app.set(UNITS, "10");
    app.restart().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_account"), 0);
    let quote = |token: String, number: i64| {
        let (app, goods_id) = (&app, &goods_id);
        let body = json!({"goods": [{"goods_id": goods_id, "goods_number": number}]});
        async move { app.post("/v1/quotes", &token, body).await.expect(200).body["problems"].clone() }
    };
    assert_eq!(quote(token.clone(), 1).await, json!([]));
    let problems = quote(token.clone(), 2).await;
    assert_eq!((&problems[0]["code"], &problems[0]["unpaid_units"]), (&json!("too_many_unpaid_units"), &json!(9)));
    assert_eq!(quote(other, 10).await, json!([]), "another account holds nothing");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM order_account"), 0, "a quote writes nothing");
    let refused = app.order(&token, "after", &OrderBody::of(&goods_id, 2)).await;
    assert_eq!(error(&refused, "too_many_unpaid_units")["unpaid_units"], 9, "the order is judged alike");
    app.finish().await;
}

#[actix_web::test]
async fn a_quote_names_the_caps_that_the_order_would_exceed() {
    let app = TestApp::with(&[(UNITS, "5"), (ORDERS, "1")]).await;
    let goods_id = app.goods(100, "1.00").await;
    let (_, token) = app.customer("holder", "100.00").await;
    let body = json!({"goods": [{"goods_id": goods_id, "goods_number": 4}]});
    let problems = |body: Value, token: String| {
        let app = &app;
        async move { app.post("/v1/quotes", &token, body).await.expect(200).body["problems"].clone() }
    };
    assert_eq!(problems(body.clone(), token.clone()).await, json!([]));
    app.order(&token, "first", &OrderBody::of(&goods_id, 2)).await.expect(201);
    let found = problems(body.clone(), token.clone()).await;
    let codes: Vec<&str> = found.as_array().unwrap().iter().filter_map(|problem| problem["code"].as_str()).collect();
    assert_eq!(codes, ["too_many_unpaid_orders", "too_many_unpaid_units"]);
    assert_eq!((&found[1]["unpaid_units"], &found[1]["index"]), (&json!(2), &json!(0)));
    let mut paid = body.clone();
    paid["money_paid"] = json!("14.00");
    assert_eq!(problems(paid, token).await, json!([]));
    assert_eq!(problems(body, String::new()).await, json!([]), "a guest has no account");
    app.finish().await;
}
