//! The callbacks of the sandbox platform to a shop: path, headers and body.

use super::record::assert_recorded;
use super::script::{Caller, Script};
use crate::support::{DEMO_PASSWORD, GOODS, OrderBody, RecordingServer};
use serde_json::json;

#[actix_web::test]
async fn contract_the_sandbox_sends_its_callbacks_as_recorded() {
    let recorder = RecordingServer::open().await;
    let mut script =
        Script::start(&[("HTTP__PUBLIC_URL", &recorder.url), ("GATEWAY__SANDBOX__CALLBACK_URL", &recorder.url)]).await;
    let (zs, anonymous) = (script.sign_in("zs", DEMO_PASSWORD).await, Caller::anonymous());
    let mut payments = Vec::new();
    for key in ["paid", "declined"] {
        let order_body = OrderBody::of(GOODS, 1).0.to_string();
        let order_id = script.keyed(&zs, "/v1/orders", key, &order_body).await.expect(201).text_of("order_id");
        let body = json!({"order_id": order_id, "provider": "sandbox"}).to_string();
        payments.push(script.keyed(&zs, "/v1/payments", key, &body).await.expect(201).text_of("pay_id"));
    }
    script.take();
    script.post(&anonymous, &format!("/sandbox/trades/{}/decline", payments[1]), "").await.expect(200);
    let paid = format!("/sandbox/trades/{}", payments[0]);
    for tamper in ["signature", "timestamp", "amount", "order", "merchant"] {
        script.post(&anonymous, &format!("{paid}/pay"), &format!("{{\"tamper\":\"{tamper}\"}}")).await.expect(200);
    }
    script.post(&anonymous, &format!("{paid}/pay"), "").await.expect(200);
    let refund = json!({"amount": "1.00", "out_request_no": "by-hand"}).to_string();
    script.post(&anonymous, &format!("{paid}/refund"), &refund).await.expect(200);
    script.get(&anonymous, &paid).await.expect(200);
    for request in recorder.requests() {
        let mut headers = request.headers;
        headers.retain(|(name, _)| !["host", "date"].contains(&name.as_str()));
        headers.sort();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let body = String::from_utf8(request.body).unwrap();
        script.note(&format!("--- sent {}\n{headers}{body}\n", request.path));
    }
    let text = script.take();
    // The shop itself got no callbacks, so its stores and the platform's differ.
    script.app.finish_broken().await;
    assert_recorded("answers_webhook.txt", &text.replace(&recorder.url, "<shop>"));
}
