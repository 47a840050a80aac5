//! Quotes: the price of an order, and the reasons for a refusal, before it is placed.

use crate::support::{Answer, COUPON, GOODS, OrderBody, TestApp};
use serde_json::{Value, json};

async fn quote(app: &TestApp, token: &str, body: &OrderBody) -> Answer {
    app.post("/v1/quotes", token, body.0.clone()).await
}

#[actix_web::test]
async fn a_quote_has_the_amounts_of_the_order_and_writes_nothing() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let before = app.rows();
    let quoted = quote(&app, &zs, &OrderBody::golden()).await.expect(200).body;
    assert_eq!(app.rows(), before);
    let name = app.get(&format!("/v1/goods/{GOODS}"), "").await.expect(200).body["goods_name"].clone();
    let expected = json!({
        "goods": [{"goods_id": GOODS, "goods_number": 1, "goods_name": name, "goods_price": "1000.00",
                   "subtotal": "1000.00", "available": quoted["goods"][0]["available"]}],
        "goods_amount": "1000.00", "shipping_fee": "0.00", "order_amount": "1000.00", "coupon_id": COUPON,
        "coupon_price": "20.00", "coupon_paid": "20.00", "money_paid": "100.00", "pay_amount": "880.00",
        "currency": "CNY", "problems": [],
    });
    assert_eq!(quoted, expected);
    let order = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).body;
    for amount in ["goods_amount", "shipping_fee", "order_amount", "coupon_paid", "money_paid", "pay_amount"] {
        assert_eq!(quoted[amount], order[amount], "{amount}");
    }
    assert_eq!((&order["goods"][0]["goods_name"], &order["currency"]), (&name, &json!("CNY")));
    app.finish().await;
}

#[actix_web::test]
async fn a_quote_has_the_problems_that_would_refuse_the_order() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(3, "20.00").await;
    let line = json!({"goods_id": goods_id, "goods_number": 4, "goods_price": "19.00"});
    let wrong = OrderBody::of(&goods_id, 4).with("goods", json!([line])).with("shipping_fee", json!("0.00"));
    let wrong = wrong.with("order_amount", json!("76.00")).with("money_paid", json!("2000.00"));
    let quoted = quote(&app, &zs, &wrong).await.expect(200).body;
    let refused = app.order(&zs, "wrong", &wrong).await.expect_problem(422, "goods_price_mismatch").body;
    assert_eq!(quoted["problems"], refused["errors"]);
    assert_eq!(quoted["problems"].as_array().unwrap().len(), 6);
    assert_eq!((&quoted["order_amount"], &quoted["goods"][0]["available"]), (&json!("90.00"), &json!(3)));
    assert_eq!((&quoted["money_paid"], &quoted["pay_amount"]), (&json!("90.00"), &json!("0.00")), "what is possible");
    let goods = json!([{"goods_id": goods_id, "goods_number": 1}, {"goods_id": "1", "goods_number": 2}]);
    let unknown = OrderBody::of(&goods_id, 1).with("goods", goods).with("coupon_id", json!("5"));
    let quoted = quote(&app, &zs, &unknown).await.expect(200).body;
    let codes: Vec<&Value> = quoted["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
    assert_eq!(codes, ["goods_not_found", "coupon_not_found"]);
    assert_eq!((&quoted["order_amount"], &quoted["goods"][1]["goods_price"]), (&Value::Null, &Value::Null));
    assert_eq!(quoted["goods"][0]["subtotal"], "20.00");
    app.finish().await;
}

#[actix_web::test]
async fn a_guest_gets_a_quote_without_coupon_and_balance_and_without_an_address() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let body = json!({"goods": [{"goods_id": GOODS, "goods_number": 1}]});
    let guest = app.post("/v1/quotes", "", body.clone()).await.expect(200).body;
    assert_eq!(guest, app.post("/v1/quotes", &zs, body.clone()).await.expect(200).body);
    for (field, value) in [("coupon_id", json!(COUPON)), ("money_paid", json!("1.00"))] {
        let body = OrderBody(body.clone()).with(field, value);
        let refused = quote(&app, "", &body).await.expect_problem(401, "unauthenticated");
        assert_eq!(refused.body["errors"][0]["code"], "token_missing");
    }
    quote(&app, "", &OrderBody(body.clone()).with("money_paid", json!("0.00"))).await.expect(200);
    quote(&app, "nonsense", &OrderBody(body)).await.expect_problem(401, "unauthenticated");
    // The coupon of another customer does not exist.
    let (_, mallory) = app.customer("mallory", "0.00").await;
    let quoted = quote(&app, &mallory, &OrderBody::of(GOODS, 1).with("coupon_id", json!(COUPON))).await.expect(200);
    assert_eq!(quoted.body["problems"][0]["code"], "coupon_not_found");
    app.finish().await;
}
