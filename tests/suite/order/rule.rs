//! Reasons for which an order is refused. A refused order keeps nothing and changes nothing of other orders.

use crate::support::{COUPON, GOODS, OrderBody, TestApp};
use awc::http::Method;
use serde_json::{Value, json};

async fn adjust_stock(app: &TestApp, admin: &str, delta: i64) {
    let body = json!({"delta": delta, "reason": "for the test"});
    app.post(&format!("/admin/goods/{GOODS}/stock"), admin, body).await.expect(200);
}

async fn me(app: &TestApp, token: &str) -> (Value, Value) {
    let me = app.get("/v1/users/me", token).await.expect(200).body;
    (me["user_money"].clone(), me["user_score"].clone())
}

#[actix_web::test]
async fn a_quantity_below_one_is_refused_before_anything_is_written() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let before = app.rows();
    for number in [0, -1, -9_999, i64::MIN] {
        let mut order_body = OrderBody::golden();
        order_body.0["goods"][0]["goods_number"] = json!(number);
        let refused = app.order(&zs, "b1", &order_body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], "goods[0].goods_number", "{number}");
        assert_eq!(refused.body["order_id"], Value::Null, "{number}");
    }
    app.settle().await;
    assert_eq!(app.rows(), before);
    assert_eq!(me(&app, &zs).await, (json!("1000.00"), json!(100)));
    // The key is not used up either.
    app.order(&zs, "b1", &OrderBody::golden()).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_refused_order_releases_nothing_it_did_not_take() {
    let app = TestApp::with(&[("ORDERS__BACKOFF__LONGEST", "20ms")]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let first = app.order(&zs, "first", &OrderBody::golden()).await.expect(201).text_of("order_id");

    // The second order is priced while everything suffices, and reaches the owners when nothing does.
    app.tamper("coupon", "UPDATE coupon SET is_used = 0, order_id = NULL, used_time = NULL");
    let changes = async {
        app.tamper("coupon", &format!("UPDATE coupon SET is_used = 1, order_id = {first}, used_time = 1"));
        adjust_stock(&app, &admin, -999).await;
        let body = json!({"delta": "-850.00", "reason": "for the test"});
        app.post(&format!("/admin/users/{}/balance", crate::support::USER), &admin, body).await.expect(200);
    };
    let second = OrderBody::golden();
    let second = app.between_quote_and_order(app.order(&zs, "second", &second), changes).await.expect(409);
    app.settle().await;

    assert_ne!(second.text_of("order_id"), first);
    assert_eq!(app.stock(GOODS).await, 0);
    assert_eq!(me(&app, &zs).await.0, "50.00");
    let query = format!("SELECT order_id AS n FROM coupon WHERE coupon_id = {COUPON} AND is_used = 1");
    assert_eq!(app.number("coupon", &query), first.parse::<i64>().unwrap());
    app.finish().await;
}

#[actix_web::test]
async fn a_refused_order_releases_everything_it_took() {
    let app = TestApp::with(&[("ORDERS__BACKOFF__LONGEST", "20ms")]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_body = OrderBody::golden();
    let refused =
        app.between_quote_and_order(app.order(&zs, "key", &order_body), adjust_stock(&app, &admin, -1000)).await;
    let order_id = refused.expect_problem(409, "insufficient_stock").text_of("order_id");
    app.settle().await;

    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("cancelled"), &json!("insufficient_stock")));
    assert_eq!((app.stock(GOODS).await, me(&app, &zs).await.0), (0, json!("1000.00")));
    assert_eq!(app.number("coupon", "SELECT sum(is_used) AS n FROM coupon"), 0);
    adjust_stock(&app, &admin, 1).await;
    app.order(&zs, "another-key", &order_body).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn the_last_unit_can_be_bought() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(3, "1.00").await;
    app.order(&zs, "too-many", &OrderBody::of(&goods_id, 4)).await.expect_problem(409, "insufficient_stock");
    app.order(&zs, "all", &OrderBody::of(&goods_id, 3)).await.expect(201);
    assert_eq!(app.stock(&goods_id).await, 0);
    app.order(&zs, "none-left", &OrderBody::of(&goods_id, 1)).await.expect_problem(409, "insufficient_stock");
    app.finish().await;
}

#[actix_web::test]
async fn an_order_has_1_to_100_different_goods() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let new = json!({"goods_name": "one of many", "goods_number": 1, "goods_price": "1.01"});
    let mut lines = Vec::new();
    for _ in 0..101 {
        let goods_id = app.post("/admin/goods", &admin, new.clone()).await.expect(201).text_of("goods_id");
        lines.push(json!({"goods_id": goods_id, "goods_number": 1}));
    }
    let with = |lines: Vec<Value>| OrderBody::of(GOODS, 1).with("goods", json!(lines));
    let before = app.rows();
    for (lines, field) in [
        (lines.clone(), "goods"),
        (vec![], "goods"),
        (vec![lines[0].clone(), lines[1].clone(), lines[0].clone()], "goods[2].goods_id"),
    ] {
        let refused = app.order(&zs, "lines", &with(lines)).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field);
    }
    assert_eq!(app.rows(), before);

    let order = app.order(&zs, "lines", &with(lines[..100].to_vec())).await.expect(201);
    assert_eq!((&order.body["goods_amount"], &order.body["shipping_fee"]), (&json!("101.00"), &json!("0.00")));
    assert_eq!(order.body["goods"].as_array().unwrap().len(), 100);
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods WHERE goods_number = 0"), 100);

    // One line that is sold out refuses the whole order.
    let last = with(vec![lines[100].clone(), lines[0].clone()]);
    app.order(&zs, "one-sold-out", &last).await.expect_problem(409, "insufficient_stock");
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods WHERE goods_number = 0"), 100);
    app.finish().await;
}

#[actix_web::test]
async fn a_refusal_names_missing_goods_or_a_missing_coupon() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let mut order_body = OrderBody::golden();
    order_body.0["goods"].as_array_mut().unwrap().push(json!({"goods_id": "1", "goods_number": 1}));
    app.order(&zs, "goods", &order_body).await.expect_problem(422, "goods_not_found");
    let order_body = OrderBody::golden().with("coupon_id", json!("1"));
    let refused = app.order(&zs, "coupon", &order_body).await.expect_problem(422, "coupon_not_found");
    let order_id = refused.text_of("order_id");

    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("invalid"), &json!("coupon_not_found")));
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods_number_log"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_change_of_price_does_not_affect_earlier_orders() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods_id = app.goods(5, "10.00").await;
    let old = app.order(&zs, "old", &OrderBody::of(&goods_id, 1)).await.expect(201).text_of("order_id");
    let path = format!("/admin/goods/{goods_id}");
    app.send(Method::PATCH, &path, &admin, &[], Some(&json!({"goods_price": "11.00"}))).await.expect(200);

    let new = app.order(&zs, "new", &OrderBody::of(&goods_id, 1)).await.expect(201);
    assert_eq!(new.body["goods_amount"], "11.00");
    let old = app.get(&format!("/v1/orders/{old}"), &zs).await.expect(200);
    assert_eq!(old.body["goods"][0]["goods_price"], "10.00");
    app.finish().await;
}
