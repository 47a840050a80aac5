//! Many concurrent orders for the same scarce stock, coupon or balance.

use std::time::Duration;

use crate::support::{Answer, COUPON, OrderBody, TestApp};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use serde_json::json;
use tradepost::actor::fault::Fault;

/// Number of placed orders. All others must be refused with the problem code `refusal`.
fn placed(answers: &[Answer], refusal: &str) -> usize {
    let (placed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    for answer in refused {
        assert_eq!((answer.status, answer.body["code"].as_str()), (409, Some(refusal)), "{}", answer.text);
    }
    placed.len()
}

/// Places all orders concurrently. A delay makes sure that each is priced before the first one reserves anything.
async fn place_concurrently(app: &TestApp, token: &str, order_bodies: &[OrderBody]) -> Vec<Answer> {
    app.faults.plan("order.apply", Fault::Delay(Duration::from_millis(150)), 0, 1);
    let orders = order_bodies.iter().enumerate().map(|(index, order_body)| async move {
        let key = format!("at-once-{index}");
        app.order(token, &key, order_body).await
    });
    let answers = join_all(orders).await;
    app.settle().await;
    answers
}

#[actix_web::test]
async fn a_thousand_concurrent_orders_buy_exactly_ten_units() {
    let app = TestApp::start().await;
    let goods_id = app.goods(10, "1.00").await;
    let mut customers = Vec::new();
    for n in 0..20 {
        customers.push(app.customer(&format!("contender-{n}"), "0.00").await.1);
    }
    let order_body = OrderBody::of(&goods_id, 1);
    let orders = (0..1000).map(|n| {
        let (app, order_body, token) = (&app, &order_body, &customers[n % customers.len()]);
        async move { app.order(token, &format!("contender-{n}"), order_body).await }
    });
    let answers: Vec<Answer> = stream::iter(orders).buffer_unordered(64).collect().await;
    app.settle().await;

    assert_eq!((answers.len(), placed(&answers, "insufficient_stock")), (1000, 10));
    assert_eq!(app.stock(&goods_id).await, 0);
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders WHERE order_status = 1"), 10);
    let net = "SELECT sum(goods_number * (3 - 2 * direction)) AS n FROM goods_number_log";
    assert_eq!(app.number("goods", net), 10);
    app.finish().await;
}

#[actix_web::test]
async fn sixty_four_customers_buy_exactly_ten_units_through_many_writers() {
    let app = TestApp::with(&[("STORE__WRITERS", "8"), ("OWNERS__BATCH_MAX", "2")]).await;
    let goods_id = app.goods(10, "1.00").await;
    let customers = stream::iter(0..64).then(async |n| app.customer(&format!("contender-{n}"), "0.00").await.1);
    let customers: Vec<String> = customers.collect().await;
    let order_body = OrderBody::of(&goods_id, 1);
    let answers = join_all(customers.iter().map(|token| app.order(token, "the-last", &order_body))).await;
    app.settle().await;

    assert_eq!((answers.len(), placed(&answers, "insufficient_stock")), (64, 10));
    assert_eq!(app.stock(&goods_id).await, 0);
    app.finish().await;
}

#[actix_web::test]
async fn orders_of_several_units_never_oversell() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(10, "1.00").await;
    let answers = place_concurrently(&app, &zs, &vec![OrderBody::of(&goods_id, 3); 20]).await;
    assert_eq!(placed(&answers, "insufficient_stock"), 3);
    assert_eq!(app.stock(&goods_id).await, 1);
    app.finish().await;
}

#[actix_web::test]
async fn orders_that_list_the_same_goods_in_reverse_do_not_block_each_other() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let (one, two) = (app.goods(10, "1.00").await, app.goods(10, "1.00").await);
    let line = |goods_id: &str| json!({"goods_id": goods_id, "goods_number": 1});
    let one_first = OrderBody::of(&one, 1).with("goods", json!([line(&one), line(&two)]));
    let two_first = OrderBody::of(&one, 1).with("goods", json!([line(&two), line(&one)]));
    let order_bodies: Vec<OrderBody> =
        (0..20).map(|n| if n % 2 == 0 { one_first.clone() } else { two_first.clone() }).collect();
    let answers = place_concurrently(&app, &zs, &order_bodies).await;
    assert_eq!(placed(&answers, "insufficient_stock"), 10);
    assert_eq!((app.stock(&one).await, app.stock(&two).await), (0, 0));
    app.finish().await;
}

#[actix_web::test]
async fn a_coupon_in_several_concurrent_orders_is_used_once() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(100, "200.00").await;
    let order_body = OrderBody::of(&goods_id, 1).with("coupon_id", json!(COUPON));
    let answers = place_concurrently(&app, &zs, &vec![order_body; 10]).await;

    assert_eq!(placed(&answers, "coupon_already_used"), 1);
    let winner = answers.iter().find(|answer| answer.status == 201).unwrap();
    assert_eq!(winner.body["coupon_paid"], "20.00");
    let bound = format!("SELECT order_id AS n FROM coupon WHERE coupon_id = {COUPON}");
    assert_eq!(app.number("coupon", &bound).to_string(), winner.text_of("order_id"));
    assert_eq!(app.stock(&goods_id).await, 99);
    app.finish().await;
}

#[actix_web::test]
async fn a_balance_in_several_concurrent_orders_is_taken_once() {
    let app = TestApp::start().await;
    let goods_id = app.goods(100, "200.00").await;
    let (_, token) = app.customer("saver", "100.00").await;
    let order_body = OrderBody::of(&goods_id, 1).with("money_paid", json!("60.00"));
    let answers = place_concurrently(&app, &token, &vec![order_body; 10]).await;

    assert_eq!(placed(&answers, "insufficient_balance"), 1);
    assert_eq!(app.get("/v1/users/me", &token).await.expect(200).body["user_money"], "40.00");
    assert_eq!(app.stock(&goods_id).await, 99);
    app.finish().await;
}
