//! Payments: started, shown, paid at the sandbox platform, which misbehaves first.

use super::Cast;
use crate::contract::script::Script;

const PAYMENTS: &str = "/v1/payments";

/// The golden order is paid.
pub async fn play(script: &mut Script, cast: &mut Cast) {
    let order_id = cast.golden.0.clone();
    script.chapter("the golden payment");
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\"}}");
    let pay_id = script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201).text_of("pay_id");
    cast.golden.1.clone_from(&pay_id);
    script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201);
    // An open payment is found again under another key.
    script.keyed(&cast.zs, PAYMENTS, "pay-again", &body).await.expect(201);
    wrong(script, cast, &order_id).await;
    shown(script, cast, &pay_id).await;
    script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    misbehaving(script, cast, &pay_id).await;
    script.chapter("paid");
    script.post(&cast.nobody, &format!("/sandbox/trades/{pay_id}/pay"), "").await.expect(200);
    shown(script, cast, &pay_id).await;
    script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201);
    script.keyed(&cast.zs, PAYMENTS, "too-late", &body).await.expect(409);
    script.keyed(&cast.zs, PAYMENTS, "too-late", &body).await.expect(409);
    story(script, cast, &order_id).await;
    second_name(script, cast).await;
}

async fn wrong(script: &mut Script, cast: &Cast, order_id: &str) {
    script.chapter("wrong payments");
    for body in [
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox_b\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\",\"payer\":\"me\"}}"),
    ] {
        script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(422);
    }
    for body in [
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"nobody\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"alipay\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":1}}"),
        format!("{{\"order_id\":\"{order_id}\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\",\"payer\":\"a b\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\",\"surprise\":1}}"),
        "{\"order_id\":\"1\",\"provider\":\"sandbox\"}".to_owned(),
        "{\"order_id\":1,\"provider\":\"sandbox\"}".to_owned(),
        "{".to_owned(),
    ] {
        script.keyed(&cast.zs, PAYMENTS, "wrong", &body).await;
    }
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\"}}");
    script.keyed(&cast.mallory, PAYMENTS, "theirs", &body).await.expect(404);
    script.keyed(&cast.nobody, PAYMENTS, "nobodys", &body).await.expect(401);
    script.post(&cast.zs, PAYMENTS, &body).await.expect(422);
}

/// Everywhere a payment is shown.
async fn shown(script: &mut Script, cast: &Cast, pay_id: &str) {
    script.chapter("a payment is shown");
    let path = format!("/v1/payments/{pay_id}");
    script.get(&cast.zs, &path).await.expect(200);
    script.get(&cast.mallory, &path).await.expect(404);
    script.get(&cast.nobody, &path).await.expect(401);
    script.get(&cast.zs, "/v1/payments/x").await.expect(404);
    script.get(&cast.nobody, &format!("/pay/{pay_id}")).await.expect(200);
    script.get(&cast.nobody, &format!("/pay/{pay_id}?asked")).await.expect(200);
    script.get(&cast.nobody, "/pay/1").await.expect(404);
    script.get(&cast.nobody, "/pay/x").await.expect(404);
    script.get(&cast.nobody, "/pay/page.js").await.expect(200);
    script.get(&cast.nobody, &format!("/sandbox/checkout/{pay_id}")).await.expect(200);
    script.get(&cast.nobody, "/sandbox/checkout/none").await.expect(404);
    script.get(&cast.nobody, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    script.get(&cast.nobody, "/sandbox/trades/none").await.expect(404);
}

/// The platform tells of the payment, and something is wrong with each callback.
async fn misbehaving(script: &mut Script, cast: &Cast, pay_id: &str) {
    script.chapter("the platform misbehaves");
    let path = format!("/sandbox/trades/{pay_id}/pay");
    for body in [
        r#"{"callbacks":0}"#,
        r#"{"callbacks":51}"#,
        r#"{"callbacks":"1"}"#,
        r#"{"delay_ms":-1}"#,
        r#"{"concurrent":"x"}"#,
        r#"{"lose":1}"#,
        r#"{"tamper":"colour"}"#,
        r#"{"tamper":[]}"#,
        r#"{"surprise":1}"#,
        "[]",
        "{",
    ] {
        script.post(&cast.nobody, &path, body).await;
    }
    script.post(&cast.nobody, "/sandbox/trades/none/pay", "").await.expect(404);
    script.post(&cast.nobody, &path, r#"{"lose":true}"#).await.expect(200);
    for what in ["signature", "timestamp", "amount", "order", "merchant"] {
        script.post(&cast.nobody, &path, &format!("{{\"tamper\":\"{what}\"}}")).await.expect(200);
        script.get(&cast.nobody, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    }
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.get(&cast.admin, "/admin/notices").await.expect(200);
    script.get(&cast.admin, "/admin/messages").await.expect(200);
}

/// All that is told of a paid order.
async fn story(script: &mut Script, cast: &Cast, order_id: &str) {
    script.chapter("the story of a paid order");
    for path in [
        format!("/v1/orders/{order_id}"),
        format!("/v1/orders/{order_id}/events"),
        "/v1/users/me".to_owned(),
        "/v1/users/me/score-log".to_owned(),
        "/v1/users/me/money-log".to_owned(),
    ] {
        script.get(&cast.zs, &path).await.expect(200);
    }
    script.get(&cast.admin, &format!("/admin/orders/{order_id}")).await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
    script.post(&cast.zs, &format!("/v1/orders/{order_id}/cancel"), "").await.expect(409);
    script.post(&cast.zs, &format!("/v1/orders/{order_id}/receive"), "").await.expect(409);
}

/// The platform under its second name, paid on its page.
async fn second_name(script: &mut Script, cast: &Cast) {
    script.chapter("a platform with another name");
    let order_id = cast.order(script, "second", 1).await;
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox_b\"}}");
    let pay_id = script.keyed(&cast.zs, PAYMENTS, "second", &body).await.expect(201).text_of("pay_id");
    script.get(&cast.nobody, &format!("/pay/{pay_id}")).await.expect(200);
    let checkout = format!("/sandbox/checkout/{pay_id}");
    script.post(&cast.nobody, &format!("{checkout}/pay"), "").await.expect(303);
    script.post(&cast.nobody, &format!("{checkout}/decline"), "").await.expect(303);
    script.post(&cast.nobody, "/sandbox/checkout/none/pay", "").await.expect(404);
    script.post(&cast.nobody, "/sandbox/checkout/none/decline", "").await.expect(404);
    script.get(&cast.nobody, &checkout).await.expect(200);
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.get(&cast.nobody, "/sandbox/statement?provider=sandbox_b").await.expect(200);
}
