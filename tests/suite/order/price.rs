//! Prices of orders. A customer never pays a price that differs from the one in the request.

use crate::support::{OrderBody, TestApp};
use serde_json::json;

#[actix_web::test]
async fn prices_in_the_request_must_equal_the_shops_prices() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(10, "5.00").await;
    let order_body = |price: &str, fee: &str, sum: &str| {
        let line = json!({"goods_id": goods_id, "goods_number": 2, "goods_price": price});
        let order_body = OrderBody::of(&goods_id, 2).with("goods", json!([line]));
        order_body.with("shipping_fee", json!(fee)).with("order_amount", json!(sum))
    };
    for (at, (price, fee, sum, code)) in [
        ("4.99", "10.00", "20.00", "goods_price_mismatch"),
        ("5.01", "10.00", "20.00", "goods_price_mismatch"),
        ("5.00", "0.00", "20.00", "shipping_fee_mismatch"),
        ("5.00", "10.01", "20.00", "shipping_fee_mismatch"),
        ("5.00", "10.00", "10.00", "order_amount_mismatch"),
        ("5.00", "10.00", "20.01", "order_amount_mismatch"),
        ("4.00", "9.00", "17.00", "goods_price_mismatch"),
        ("5.00", "9.00", "17.00", "shipping_fee_mismatch"),
    ]
    .into_iter()
    .enumerate()
    {
        let refused =
            app.order(&zs, &format!("wrong-{at}"), &order_body(price, fee, sum)).await.expect_problem(422, code);
        let order_id = refused.text_of("order_id");
        let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["refusal"]), (&json!("invalid"), &json!(code)));
    }
    assert_eq!(app.stock(&goods_id).await, 10);
    let order = app.order(&zs, "right", &order_body("5", "10.0", "20.00")).await.expect(201);
    assert_eq!((&order.body["order_amount"], &order.body["pay_amount"]), (&json!("20.00"), &json!("20.00")));
    assert_eq!(app.stock(&goods_id).await, 8);
    app.finish().await;
}

#[actix_web::test]
async fn shipping_is_free_above_100_and_charged_at_exactly_100() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    for (price, fee, sum) in [("99.99", "10.00", "109.99"), ("100.00", "10.00", "110.00"), ("100.01", "0.00", "100.01")]
    {
        let goods_id = app.goods(1, price).await;
        let order = app.order(&zs, price, &OrderBody::of(&goods_id, 1)).await.expect(201).body;
        assert_eq!((&order["shipping_fee"], &order["order_amount"]), (&json!(fee), &json!(sum)), "{price}");
        assert_eq!(order["pay_amount"], sum, "the fee is charged");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_shipping_rule_comes_from_the_settings() {
    let app = TestApp::with(&[("ORDERS__SHIPPING_FEE", "7.50"), ("ORDERS__FREE_SHIPPING_OVER", "5.00")]).await;
    let zs = app.zs().await;
    for (price, fee) in [("5.00", "7.50"), ("5.01", "0.00")] {
        let goods_id = app.goods(1, price).await;
        let order = app.order(&zs, price, &OrderBody::of(&goods_id, 1)).await.expect(201).body;
        assert_eq!(order["shipping_fee"], fee, "{price}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_order_with_nothing_left_to_pay_is_paid_when_it_is_confirmed() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(2, "5.00").await;
    let coupon_id = app.coupon(crate::support::USER, "99.00").await;
    let by_balance = OrderBody::of(&goods_id, 1).with("money_paid", json!("15.00"));
    let by_coupon = OrderBody::of(&goods_id, 1).with("coupon_id", json!(coupon_id));
    for (key, order_body, coupon_paid) in [("balance", by_balance, "0.00"), ("coupon", by_coupon, "15.00")] {
        let order = app.order(&zs, key, &order_body).await.expect(201);
        assert_eq!((&order.body["coupon_paid"], &order.body["pay_amount"]), (&json!(coupon_paid), &json!("0.00")));
        assert_eq!((&order.body["order_status"], &order.body["pay_status"]), (&json!("confirmed"), &json!("paid")));
        app.pay(&zs, key, &order.text_of("order_id")).await.expect_problem(409, "order_not_payable");
    }
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("985.00"), &json!(100)));
    app.finish().await;
}

#[actix_web::test]
async fn money_paid_is_limited_by_the_balance_and_by_the_amount_to_pay() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(10, "995.00").await;
    let coupon_id = app.coupon(crate::support::USER, "20.00").await;
    let order_body = |money: &str| OrderBody::of(&goods_id, 1).with("money_paid", json!(money));
    let with_coupon = |money: &str| order_body(money).with("coupon_id", json!(coupon_id));
    app.order(&zs, "1", &order_body("995.01")).await.expect_problem(422, "money_paid_too_high");
    app.order(&zs, "2", &with_coupon("975.01")).await.expect_problem(422, "money_paid_too_high");
    app.order(&zs, "3", &with_coupon("975.00")).await.expect(201);
    app.order(&zs, "4", &order_body("25.01")).await.expect_problem(409, "insufficient_balance");
    app.order(&zs, "5", &order_body("25.00")).await.expect(201);
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    assert_eq!(me["user_money"], "0.00");
    app.finish().await;
}
