//! Callbacks that the script sends itself: valid, repeated, wrong, and signed with another key.

use tradepost::sandbox::Key;

use super::Cast;
use crate::contract::script::{SECRET, Script};

const PATH: &str = "/v1/payments/callbacks/sandbox";

/// A notice that a payment of 55.50 was paid.
pub fn notice(pay_id: &str) -> String {
    format!(
        "{{\"id\":\"evt_by_hand\",\"type\":\"payment.succeeded\",\"created\":1760000000,\"data\":{{\"out_trade_no\":\"{pay_id}\",\
         \"trade_no\":\"sb1\",\"amount\":\"55.50\",\"currency\":\"CNY\",\"merchant_id\":\"tradepost-demo\"}}}}"
    )
}

/// Sends a notice with a valid signature.
pub async fn signed(script: &mut Script, cast: &Cast, body: &str) {
    let signature = Key::new(SECRET).unwrap().sign(body.as_bytes(), script.app.clock.now());
    let headers = [("content-type", "application/json"), ("sandbox-signature", signature.as_str())];
    script.post_with(&cast.anonymous, PATH, &headers, body.as_bytes()).await;
}

/// Sends callbacks for an order of its own.
pub async fn play(script: &mut Script, cast: &Cast) {
    script.chapter("callbacks by hand");
    let order_id = cast.order(script, "by-hand", 1).await;
    let pay_id = cast.pay(script, "by-hand", &order_id).await;
    let valid = notice(&pay_id);
    unsigned(script, cast, &valid).await;
    script.chapter("signed, and not believed");
    for (from, to) in [
        ("55.50", "55.51"),
        ("\"55.50\"", "55.50"),
        ("CNY", "USD"),
        ("tradepost-demo", "another user"),
        (pay_id.as_str(), "1"),
        (pay_id.as_str(), "x"),
        ("payment.succeeded", "payment.exploded"),
        ("\"trade_no\":\"sb1\",", ""),
    ] {
        signed(script, cast, &valid.replace(from, to)).await;
    }
    for body in ["", "{", "null", "[]", "{}"] {
        signed(script, cast, body).await;
    }
    script.get(&cast.zs, &format!("/v1/payments/{pay_id}")).await.expect(200);
    script.chapter("signed and accepted, once, with unknown fields");
    signed(script, cast, &valid.replace("{\"id\"", "{\"livemode\":false,\"id\"")).await;
    signed(script, cast, &valid).await;
    signed(script, cast, &valid.replace("evt_by_hand", "evt_another")).await;
    signed(script, cast, &valid.replace("evt_by_hand", "")).await;
    signed(script, cast, &valid.replace("evt_by_hand", "evt_third").replace("sb1", "sb2")).await;
    signed(script, cast, &valid.replace("evt_by_hand", "evt_no").replace("succeeded", "declined")).await;
    let refund = valid.replace("evt_by_hand", "evt_refund").replace("payment.succeeded", "refund.succeeded");
    signed(script, cast, &refund).await;
    signed(script, cast, &refund.replace("\"trade_no\"", "\"out_request_no\":\"1\",\"trade_no\"")).await;
    script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
    repeated(script, cast).await;
}

/// Sends callbacks whose signature is missing, doubled or wrong.
async fn unsigned(script: &mut Script, cast: &Cast, valid: &str) {
    let now = script.app.clock.now();
    let sign = |secret: &str, at| Key::new(secret).unwrap().sign(valid.as_bytes(), at);
    let own = sign(SECRET, now);
    let fifteen_minutes = std::time::Duration::from_secs(15 * 60);
    for signature in [
        String::new(),
        "nonsense".to_owned(),
        own.to_uppercase(),
        sign("another secret", now),
        sign(SECRET, now.minus(fifteen_minutes)),
        sign(SECRET, now.plus(fifteen_minutes)),
    ] {
        script
            .post_with(&cast.anonymous, PATH, &[("sandbox-signature", &signature)], valid.as_bytes())
            .await
            .expect(401);
    }
    script.post_with(&cast.anonymous, PATH, &[], valid.as_bytes()).await.expect(401);
    let twice = [("sandbox-signature", own.as_str()), ("sandbox-signature", own.as_str())];
    script.post_with(&cast.anonymous, PATH, &twice, valid.as_bytes()).await.expect(401);
    script.post_with(&cast.admin, PATH, &[], valid.as_bytes()).await.expect(401);
    for provider in ["unknown", "alipay", "wechat", "sandbox_b"] {
        let path = format!("/v1/payments/callbacks/{provider}");
        script.post_with(&cast.anonymous, &path, &[("sandbox-signature", &own)], valid.as_bytes()).await;
    }
}

/// Makes the platform repeat a callback, concurrently and in sequence.
async fn repeated(script: &mut Script, cast: &Cast) {
    script.chapter("repeated");
    let order_id = cast.order(script, "repeated", 1).await;
    let pay_id = cast.pay(script, "repeated", &order_id).await;
    let path = format!("/sandbox/trades/{pay_id}/pay");
    for body in [r#"{"callbacks":3}"#, r#"{"callbacks":2,"concurrent":true}"#, r#"{"delay_ms":600000}"#] {
        script.post(&cast.anonymous, &path, body).await.expect(200);
        script.get(&cast.anonymous, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    }
    script.get(&cast.admin, "/admin/messages?status=pending").await.expect(200);
    script.advance(20).await;
    script.get(&cast.anonymous, &format!("/sandbox/trades/{pay_id}")).await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
    script.get(&cast.admin, "/admin/messages?status=pending").await.expect(200);
}
