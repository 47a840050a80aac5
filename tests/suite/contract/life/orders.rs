//! Orders: the golden order, every refusal, idempotency keys and lists.

use super::{Cast, pages};
use crate::contract::script::Script;
use crate::support::{COUPON, GOODS, OrderBody};
use serde_json::{Value, json};

const ORDERS: &str = "/v1/orders";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Places the golden order, and orders that are refused.
pub async fn play(script: &mut Script, cast: &mut Cast) {
    script.chapter("the golden order");
    let golden = OrderBody::golden().0.to_string();
    let order_id = script.keyed(&cast.zs, ORDERS, "golden", &golden).await.expect(201).text_of("order_id");
    cast.golden.0.clone_from(&order_id);
    script.keyed(&cast.zs, ORDERS, "golden", &golden).await.expect(201);
    keys(script, cast, &golden).await;
    refusals(script, cast).await;
    wrong_orders(script, cast).await;
    script.chapter("an order that costs nothing more");
    let free = OrderBody::of(&cast.goods_id, 2).with("money_paid", json!("101.00")).0.to_string();
    let free = script.keyed(&cast.zs, ORDERS, "free", &free).await.expect(201).text_of("order_id");
    lists(script, cast, &[order_id, free]).await;
}

async fn keys(script: &mut Script, cast: &Cast, golden: &str) {
    script.chapter("keys");
    let other = OrderBody::golden().with("address", json!("2 Main Street")).0.to_string();
    script.keyed(&cast.zs, ORDERS, "golden", &other).await.expect(422);
    script.post(&cast.zs, ORDERS, golden).await.expect(422);
    let twice = [JSON, ("idempotency-key", "a"), ("idempotency-key", "a")];
    script.post_with(&cast.zs, ORDERS, &twice, golden.as_bytes()).await.expect(422);
    let too_long = "k".repeat(256);
    for key in ["", "two words", "tab\tbed", &too_long] {
        script.keyed(&cast.zs, ORDERS, key, golden).await.expect(422);
    }
}

/// Provokes every refusal at the placement of an order except the passed deadline.
async fn refusals(script: &mut Script, cast: &Cast) {
    script.chapter("refused orders");
    let goods_id = &cast.goods_id;
    let units = |number: i64| OrderBody::of(goods_id, number);
    let other_price = json!([{"goods_id": goods_id, "goods_number": 1, "goods_price": "45.49"}]);
    let missing_goods = json!([{"goods_id": GOODS, "goods_number": 1}, {"goods_id": "1", "goods_number": 1}]);
    for (key, order_body) in [
        ("goods_not_found", units(1).with("goods", missing_goods)),
        ("coupon_not_found", units(1).with("coupon_id", json!("1"))),
        ("coupon_already_used", units(1).with("coupon_id", json!(COUPON))),
        ("goods_price_mismatch", units(1).with("goods", other_price)),
        ("shipping_fee_mismatch", units(1).with("shipping_fee", json!("0.00"))),
        ("order_amount_mismatch", units(1).with("order_amount", json!("45.50"))),
        ("money_paid_too_high", units(1).with("money_paid", json!("55.51"))),
        ("insufficient_stock", units(41)),
        ("insufficient_balance", units(30).with("money_paid", json!("1000.00"))),
    ] {
        let body = order_body.0.to_string();
        let refused = script.keyed(&cast.zs, ORDERS, key, &body).await;
        assert_eq!(refused.body["code"], key, "{}", refused.text);
        let order_id = refused.text_of("order_id");
        script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
        script.get(&cast.zs, &format!("/v1/orders/{order_id}/events")).await.expect(200);
        // The same key always gets the same answer.
        script.keyed(&cast.zs, ORDERS, key, &body).await;
    }
}

/// Sends orders with one wrong field each.
async fn wrong_orders(script: &mut Script, cast: &Cast) {
    script.chapter("wrong orders");
    let line = |id: Value, number: Value| json!([{"goods_id": id, "goods_number": number}]);
    for (field, value) in [
        ("goods", json!([])),
        ("goods", json!("x")),
        ("goods", json!(null)),
        ("goods", json!([[]])),
        ("goods", json!([{}])),
        ("goods", json!([{"goods_id": GOODS, "goods_number": 1}, {"goods_id": GOODS, "goods_number": 1}])),
        ("goods", json!([{"goods_id": GOODS, "goods_number": 1, "colour": "red"}])),
        ("goods", json!([{"goods_id": GOODS, "goods_number": 1, "goods_price": "1.005"}])),
        ("goods", line(json!("x"), json!(1))),
        ("goods", line(json!(1), json!(1))),
        ("goods", line(json!(GOODS), json!(0))),
        ("goods", line(json!(GOODS), json!(10_000))),
        ("goods", line(json!(GOODS), json!("1"))),
        ("goods", line(json!(GOODS), json!(1.5))),
        ("goods", line(json!(GOODS), json!(u64::MAX))),
        ("coupon_id", json!("x")),
        ("money_paid", json!("-1")),
        ("money_paid", json!(1)),
        ("shipping_fee", json!("1e3")),
        ("order_amount", json!("1,00")),
        ("address", json!("")),
        ("address", json!("x".repeat(201))),
        ("consignee", json!("a\u{1b}b")),
        ("consignee", json!(null)),
        ("user_id", json!("1")),
    ] {
        let body = OrderBody::golden().with(field, value).0.to_string();
        script.keyed(&cast.zs, ORDERS, "wrong", &body).await.expect(422);
    }
    let many: Vec<Value> = (1..=101).map(|id| json!({"goods_id": id.to_string(), "goods_number": 1})).collect();
    let body = OrderBody::golden().with("goods", json!(many)).0.to_string();
    script.keyed(&cast.zs, ORDERS, "wrong", &body).await.expect(422);
    for body in ["{", "{}", "[]"] {
        script.keyed(&cast.zs, ORDERS, "wrong", body).await;
    }
    script.keyed(&cast.anonymous, ORDERS, "wrong", "{}").await.expect(401);
}

async fn lists(script: &mut Script, cast: &Cast, orders: &[String]) {
    script.chapter("what customers see of orders");
    for order_id in orders {
        for path in [format!("/v1/orders/{order_id}"), format!("/v1/orders/{order_id}/events")] {
            script.get(&cast.zs, &path).await.expect(200);
            script.get(&cast.mallory, &path).await.expect(404);
            script.get(&cast.anonymous, &path).await.expect(401);
        }
        script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
        script.get(&cast.admin, &format!("/admin/orders/{order_id}")).await.expect(200);
    }
    for path in ["/v1/orders/1", "/v1/orders/x", "/v1/orders/1/events"] {
        script.get(&cast.zs, path).await.expect(404);
    }
    script.get(&cast.zs, ORDERS).await.expect(200);
    pages(script, &cast.zs, ORDERS).await;
    script.get(&cast.zs, "/v1/orders?limit=0").await.expect(422);
    script.get(&cast.zs, "/v1/users/me/money-log").await.expect(200);
    script.get(&cast.zs, "/v1/users/me").await.expect(200);
}
