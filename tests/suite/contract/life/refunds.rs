//! Orders that are shipped and received, and refunds.

use super::{Cast, after::show};
use crate::contract::script::Script;

/// Makes every kind of refund.
pub async fn play(script: &mut Script, cast: &Cast) {
    in_full(script, cast).await;
    in_parts(script, cast).await;
    after_shipping(script, cast).await;
    by_the_platform(script, cast).await;
    of_a_second_payment(script, cast).await;
}

async fn in_full(script: &mut Script, cast: &Cast) {
    script.chapter("the golden order is refunded in full");
    let (order_id, pay_id) = &cast.golden;
    let path = format!("/v1/orders/{order_id}/refund");
    for (key, body) in [("bad", r#"{"reason":""}"#), ("bad", r#"{"amount":"1.00"}"#), ("bad", "{"), ("", "{}")] {
        script.keyed(&cast.zs, &path, key, body).await;
    }
    script.post(&cast.zs, &path, "{}").await.expect(422);
    script.keyed(&cast.mallory, &path, "theirs", "{}").await.expect(404);
    script.keyed(&cast.anonymous, &path, "anonymous", "{}").await.expect(401);
    script.keyed(&cast.zs, "/v1/orders/1/refund", "none", "{}").await.expect(404);
    script.keyed(&cast.zs, &path, "back", r#"{"reason":"too slow"}"#).await.expect(202);
    script.keyed(&cast.zs, &path, "back", r#"{"reason":"too slow"}"#).await.expect(202);
    script.keyed(&cast.zs, &path, "back", r#"{"reason":"another"}"#).await.expect(422);
    script.keyed(&cast.zs, &path, "back-again", "{}").await.expect(409);
    script.keyed(&cast.zs, &path, "back-again", "{}").await.expect(409);
    show(script, cast, order_id, pay_id).await;
    for path in ["/v1/users/me", "/v1/users/me/score-log", "/v1/users/me/money-log", "/v1/users/me/coupons"] {
        script.get(&cast.zs, path).await.expect(200);
    }
}

async fn in_parts(script: &mut Script, cast: &Cast) {
    script.chapter("refunded in parts");
    let (order_id, pay_id) = cast.paid(script, "parts", 2).await;
    let path = format!("/admin/orders/{order_id}/refund");
    for body in [
        "{}",
        r#"{"amount":"0.00","reason":"x"}"#,
        r#"{"amount":"101.01","reason":"x"}"#,
        r#"{"amount":"-1.00","reason":"x"}"#,
        r#"{"amount":1,"reason":"x"}"#,
        r#"{"amount":"1.00"}"#,
        r#"{"amount":"1.00","reason":"x","surprise":1}"#,
    ] {
        script.post(&cast.admin, &path, body).await.expect(422);
    }
    script.post(&cast.admin, "/admin/orders/1/refund", r#"{"reason":"x"}"#).await.expect(404);
    script.keyed(&cast.admin, &path, "two words", r#"{"reason":"x"}"#).await.expect(422);
    script.keyed(&cast.admin, &path, "part", r#"{"amount":"1.00","reason":"damaged"}"#).await.expect(202);
    script.keyed(&cast.admin, &path, "part", r#"{"amount":"1.00","reason":"damaged"}"#).await.expect(202);
    script.keyed(&cast.admin, &path, "part", r#"{"amount":"2.00","reason":"damaged"}"#).await.expect(422);
    show(script, cast, &order_id, &pay_id).await;
    script.post(&cast.admin, &path, r#"{"reason":"all of it"}"#).await.expect(202);
    script.post(&cast.admin, &path, r#"{"reason":"all of it"}"#).await.expect(409);
    show(script, cast, &order_id, &pay_id).await;
    let refunds = script.get(&cast.zs, &format!("/v1/orders/{order_id}/refunds")).await.expect(200);
    let refund_id = refunds.body["items"][0]["refund_id"].as_str().unwrap().to_owned();
    script.get(&cast.admin, &format!("/admin/refunds/{refund_id}")).await.expect(200);
    script.get(&cast.zs, "/v1/orders/1/refunds").await.expect(404);
}

async fn after_shipping(script: &mut Script, cast: &Cast) {
    script.chapter("shipped, received, refunded");
    let (order_id, pay_id) = cast.paid(script, "shipped", 1).await;
    let (ship, receive) = (format!("/admin/orders/{order_id}/ship"), format!("/v1/orders/{order_id}/receive"));
    script.post(&cast.zs, &receive, "").await.expect(409);
    script.post(&cast.admin, &ship, r#"{"surprise":1}"#).await.expect(422);
    script.post(&cast.admin, "/admin/orders/1/ship", "").await.expect(404);
    script.post(&cast.admin, &ship, "{}").await.expect(200);
    script.post(&cast.admin, &ship, "").await.expect(409);
    script.keyed(&cast.zs, &format!("/v1/orders/{order_id}/refund"), "late", "{}").await.expect(409);
    script.post(&cast.mallory, &receive, "").await.expect(404);
    script.post(&cast.anonymous, &receive, "").await.expect(401);
    script.post(&cast.zs, &receive, "").await.expect(200);
    script.post(&cast.zs, &receive, "").await.expect(409);
    let path = format!("/admin/orders/{order_id}/refund");
    script.post(&cast.admin, &path, r#"{"reason":"broken on arrival"}"#).await.expect(202);
    show(script, cast, &order_id, &pay_id).await;
    let (order_id, _) = cast.paid(script, "kept", 1).await;
    script.post(&cast.admin, &format!("/admin/orders/{order_id}/ship"), "").await.expect(200);
    script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
}

async fn by_the_platform(script: &mut Script, cast: &Cast) {
    script.chapter("the platform gives back by itself");
    let (order_id, pay_id) = cast.paid(script, "platform", 1).await;
    let path = format!("/sandbox/trades/{pay_id}/refund");
    for body in [
        "",
        "{",
        "{}",
        r#"{"amount":"50.00","out_request_no":"a b"}"#,
        r#"{"amount":"0.00","out_request_no":"x"}"#,
        r#"{"amount":"55.51","out_request_no":"x"}"#,
        r#"{"amount":50,"out_request_no":"x"}"#,
        r#"{"amount":"50.00","out_request_no":"by-hand"}"#,
        r#"{"amount":"50.00","out_request_no":"by-hand"}"#,
        r#"{"amount":"1.00","out_request_no":"by-hand"}"#,
    ] {
        script.post(&cast.anonymous, &path, body).await;
    }
    let body = r#"{"amount":"1.00","out_request_no":"x"}"#;
    script.post(&cast.anonymous, "/sandbox/trades/none/refund", body).await.expect(404);
    // The platform has less left than the shop wants to refund, so the refund is parked.
    let refund = format!("/v1/orders/{order_id}/refund");
    script.keyed(&cast.zs, &refund, "parked", "{}").await.expect(202);
    show(script, cast, &order_id, &pay_id).await;
}

/// Of two payments of an order, the one that the shop learns of later is refunded automatically.
async fn of_a_second_payment(script: &mut Script, cast: &Cast) {
    script.chapter("paid twice: the other payment goes back");
    let order_id = cast.order(script, "twice", 1).await;
    let first = cast.pay(script, "twice-1", &order_id).await;
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox_b\"}}");
    let second = script.keyed(&cast.zs, "/v1/payments", "twice-2", &body).await.expect(201).text_of("pay_id");
    // The callback of the first is lost. The shop learns of it when it closes the first because the second has paid.
    for (pay_id, body) in [(&first, r#"{"lose":true}"#), (&second, "")] {
        script.post(&cast.anonymous, &format!("/sandbox/trades/{pay_id}/pay"), body).await.expect(200);
    }
    show(script, cast, &order_id, &first).await;
    script.get(&cast.zs, &format!("/v1/payments/{second}")).await.expect(200);
}

/// Units go back into stock with a refund, because the administrator says so.
pub async fn with_goods(script: &mut Script, cast: &Cast) {
    script.chapter("a refund with goods");
    let (order_id, pay_id) = cast.paid(script, "goods-back", 3).await;
    let order = script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    let goods_id = order.body["goods"][0]["goods_id"].as_str().unwrap().to_owned();
    let path = format!("/admin/orders/{order_id}/refund");
    let goods = |number: u32| format!("\"goods\":[{{\"goods_id\":\"{goods_id}\",\"goods_number\":{number}}}]");
    script
        .post(&cast.admin, &path, &format!("{{\"amount\":\"1.00\",\"reason\":\"x\",{}}}", goods(4)))
        .await
        .expect(422);
    script
        .post(&cast.admin, &format!("{path}/preview"), &format!("{{\"amount\":\"1.00\",{}}}", goods(2)))
        .await
        .expect(200);
    let body = format!("{{\"amount\":\"1.00\",\"reason\":\"damaged\",{}}}", goods(2));
    script.keyed(&cast.admin, &path, "goods-back", &body).await.expect(202);
    script.keyed(&cast.admin, &path, "goods-back", &body).await.expect(202);
    script.post(&cast.admin, &path, "{\"reason\":\"the rest\"}").await.expect(202);
    show(script, cast, &order_id, &pay_id).await;
}
