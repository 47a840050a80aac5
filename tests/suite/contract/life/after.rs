//! Orders that end unpaid: cancelled by the customer or the administrator, closed at the platform, or expired.

use super::Cast;
use crate::contract::script::Script;
use crate::support::{OrderBody, USER};
use serde_json::json;

/// Ends orders in each of these ways.
pub async fn play(script: &mut Script, cast: &Cast) {
    by_customer(script, cast).await;
    by_administrator(script, cast).await;
    at_the_platform(script, cast).await;
    too_late(script, cast).await;
}

/// Calls the routes that show an order and its payment.
pub async fn show(script: &mut Script, cast: &Cast, order_id: &str, pay_id: &str) {
    for path in
        [format!("/v1/orders/{order_id}"), format!("/v1/orders/{order_id}/events"), format!("/v1/payments/{pay_id}")]
    {
        script.get(&cast.zs, &path).await.expect(200);
    }
    script.get(&cast.anonymous, &script.app.pay_path(pay_id)).await.expect(200);
    script.get(&cast.anonymous, &script.app.checkout_path(pay_id)).await.expect(200);
    script.get(&cast.anonymous, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}")).await.expect(200);
}

async fn by_customer(script: &mut Script, cast: &Cast) {
    script.chapter("cancelled by the customer: goods, a coupon and balance come back");
    let body = json!({"user_id": USER, "coupon_price": "3.00"}).to_string();
    let coupon_id = script.post(&cast.admin, "/admin/coupons", &body).await.expect(201).text_of("coupon_id");
    let order_body =
        OrderBody::of(&cast.goods_id, 2).with("coupon_id", json!(coupon_id)).with("money_paid", json!("7.00"));
    let order_id =
        script.keyed(&cast.zs, "/v1/orders", "c", &order_body.0.to_string()).await.expect(201).text_of("order_id");
    let pay_id = cast.pay(script, "c", &order_id).await;
    let path = format!("/v1/orders/{order_id}/cancel");
    script.post(&cast.mallory, &path, "").await.expect(404);
    script.post(&cast.anonymous, &path, "").await.expect(401);
    script.post(&cast.zs, &path, r#"{"reason":"x"}"#).await.expect(422);
    script.post(&cast.zs, &path, "{").await.expect(400);
    script.post(&cast.zs, "/v1/orders/1/cancel", "").await.expect(404);
    script.post(&cast.zs, &path, "{}").await.expect(200);
    script.post(&cast.zs, &path, "").await.expect(409);
    show(script, cast, &order_id, &pay_id).await;
    script.post(&cast.anonymous, &format!("/sandbox/trades/{pay_id}/pay"), "").await.expect(409);
    script.post(&cast.admin, &format!("/admin/orders/{order_id}/ship"), "").await.expect(409);
    script.keyed(&cast.zs, &format!("/v1/orders/{order_id}/refund"), "no", "{}").await.expect(409);
    script.keyed(&cast.zs, "/v1/orders", "c", &order_body.0.to_string()).await.expect(201);
}

async fn by_administrator(script: &mut Script, cast: &Cast) {
    script.chapter("cancelled by the administrator");
    let order_id = cast.order(script, "a", 1).await;
    let path = format!("/admin/orders/{order_id}/cancel");
    for body in ["{}", r#"{"reason":""}"#, r#"{"reason":1}"#, ""] {
        script.post(&cast.admin, &path, body).await;
    }
    script.post(&cast.admin, "/admin/orders/1/cancel", r#"{"reason":"x"}"#).await.expect(404);
    script.post(&cast.admin, &path, r#"{"reason":"out of print"}"#).await.expect(200);
    script.post(&cast.admin, &path, r#"{"reason":"out of print"}"#).await.expect(409);
    script.get(&cast.zs, &format!("/v1/orders/{order_id}/events")).await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}")).await.expect(200);
}

async fn at_the_platform(script: &mut Script, cast: &Cast) {
    script.chapter("declined and closed at the platform");
    let order_id = cast.order(script, "d", 1).await;
    let trade = |pay_id: &str, what: &str| format!("/sandbox/trades/{pay_id}/{what}");
    let pay_id = cast.pay(script, "d", &order_id).await;
    script.post(&cast.anonymous, &trade(&pay_id, "decline"), "").await.expect(200);
    for what in ["pay", "close", "decline"] {
        script.post(&cast.anonymous, &trade(&pay_id, what), "").await;
    }
    script.post(&cast.anonymous, &trade("none", "decline"), "").await.expect(404);
    show(script, cast, &order_id, &pay_id).await;
    let pay_id = cast.pay(script, "d2", &order_id).await;
    script.post(&cast.anonymous, &trade(&pay_id, "close"), "").await.expect(200);
    script.post(&cast.anonymous, &trade(&pay_id, "close"), "").await;
    script.post(&cast.anonymous, &trade("none", "close"), "").await.expect(404);
    script.post(&cast.admin, &format!("/admin/payments/{pay_id}/query"), "").await.expect(200);
    script.post(&cast.admin, "/admin/payments/1/query", "").await.expect(404);
    show(script, cast, &order_id, &pay_id).await;
    let pay_id = cast.pay(script, "d3", &order_id).await;
    script.post(&cast.anonymous, &trade(&pay_id, "pay"), r#"{"lose":true}"#).await.expect(200);
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.post(&cast.admin, &format!("/admin/payments/{pay_id}/query"), "").await.expect(200);
    show(script, cast, &order_id, &pay_id).await;
    script.post(&cast.anonymous, &trade(&pay_id, "close"), "").await.expect(409);
}

async fn too_late(script: &mut Script, cast: &Cast) {
    script.chapter("not paid in time");
    let order_id = cast.order(script, "late", 1).await;
    let pay_id = cast.pay(script, "late", &order_id).await;
    script.advance(40).await;
    show(script, cast, &order_id, &pay_id).await;
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\"}}");
    script.keyed(&cast.zs, "/v1/payments", "later", &body).await.expect(409);
}
