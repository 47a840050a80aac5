//! Payments: started, show, and paid at the sandbox platform, after callbacks that are wrong.

use super::Cast;
use crate::contract::script::Script;

const PAYMENTS: &str = "/v1/payments";

/// Pays the golden order.
pub async fn play(script: &mut Script, cast: &mut Cast) {
    let order_id = cast.golden.0.clone();
    script.chapter("the golden payment");
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\"}}");
    let pay_id = script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201).text_of("pay_id");
    cast.golden.1.clone_from(&pay_id);
    script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201);
    // Another key leads to the same open payment.
    script.keyed(&cast.zs, PAYMENTS, "pay-again", &body).await.expect(200);
    wrong_payments(script, cast, &order_id).await;
    show(script, cast, &pay_id).await;
    script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    wrong_callbacks(script, cast, &pay_id).await;
    script.chapter("paid");
    script.post(&cast.anonymous, &format!("/sandbox/trades/{pay_id}/pay"), "").await.expect(200);
    show(script, cast, &pay_id).await;
    script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(201);
    script.keyed(&cast.zs, PAYMENTS, "too-late", &body).await.expect(409);
    script.keyed(&cast.zs, PAYMENTS, "too-late", &body).await.expect(409);
    show_paid_order(script, cast, &order_id).await;
    second_name(script, cast).await;
}

async fn wrong_payments(script: &mut Script, cast: &Cast, order_id: &str) {
    script.chapter("wrong payments");
    for body in [
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox_b\"}}"),
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\",\"payer\":\"me\"}}"),
    ] {
        script.keyed(&cast.zs, PAYMENTS, "pay", &body).await.expect(422);
    }
    for body in [
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"unknown\"}}"),
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
    script.keyed(&cast.anonymous, PAYMENTS, "anonymous", &body).await.expect(401);
    script.post(&cast.zs, PAYMENTS, &body).await.expect(422);
}

/// Calls every route that shows a payment.
async fn show(script: &mut Script, cast: &Cast, pay_id: &str) {
    script.chapter("a payment is shown");
    let path = format!("/v1/payments/{pay_id}");
    script.get(&cast.zs, &path).await.expect(200);
    script.get(&cast.mallory, &path).await.expect(404);
    script.get(&cast.anonymous, &path).await.expect(401);
    script.get(&cast.zs, "/v1/payments/x").await.expect(404);
    script.get(&cast.anonymous, &script.app.pay_path(pay_id)).await.expect(200);
    script.get(&cast.anonymous, &format!("{}?asked", script.app.pay_path(pay_id))).await.expect(200);
    script.get(&cast.anonymous, "/pay/1").await.expect(404);
    script.get(&cast.anonymous, "/pay/x").await.expect(404);
    script.get(&cast.anonymous, "/pay/page.js").await.expect(200);
    script.get(&cast.anonymous, &script.app.checkout_path(pay_id)).await.expect(200);
    script.get(&cast.anonymous, "/sandbox/checkout/none").await.expect(404);
    script.get(&cast.anonymous, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    script.get(&cast.anonymous, "/sandbox/trades/none").await.expect(404);
}

/// Makes the platform send callbacks that are wrong in one way each.
async fn wrong_callbacks(script: &mut Script, cast: &Cast, pay_id: &str) {
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
        script.post(&cast.anonymous, &path, body).await;
    }
    script.post(&cast.anonymous, "/sandbox/trades/none/pay", "").await.expect(404);
    script.post(&cast.anonymous, &path, r#"{"lose":true}"#).await.expect(200);
    for part in ["signature", "timestamp", "amount", "order", "merchant"] {
        script.post(&cast.anonymous, &path, &format!("{{\"tamper\":\"{part}\"}}")).await.expect(200);
        script.get(&cast.anonymous, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    }
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.get(&cast.admin, "/admin/notices").await.expect(200);
    script.get(&cast.admin, "/admin/messages").await.expect(200);
}

/// Calls every route that shows a paid order.
async fn show_paid_order(script: &mut Script, cast: &Cast, order_id: &str) {
    script.chapter("the timeline of a paid order");
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

/// Pays through the platform's second name, on its checkout page.
async fn second_name(script: &mut Script, cast: &Cast) {
    script.chapter("a platform with another name");
    let order_id = cast.order(script, "second", 1).await;
    let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox_b\"}}");
    let pay_id = script.keyed(&cast.zs, PAYMENTS, "second", &body).await.expect(201).text_of("pay_id");
    script.get(&cast.anonymous, &script.app.pay_path(&pay_id)).await.expect(200);
    let checkout = script.app.checkout_path(&pay_id);
    script.post(&cast.anonymous, &format!("{checkout}/pay"), "").await.expect(303);
    script.post(&cast.anonymous, &format!("{checkout}/decline"), "").await.expect(303);
    script.post(&cast.anonymous, "/sandbox/checkout/none/pay", "").await.expect(404);
    script.post(&cast.anonymous, "/sandbox/checkout/none/decline", "").await.expect(404);
    script.get(&cast.anonymous, &checkout).await.expect(200);
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.get(&cast.anonymous, "/sandbox/statement?provider=sandbox_b").await.expect(200);
}
