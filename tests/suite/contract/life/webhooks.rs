//! Requests about webhooks. Nothing listens at the address of the one that is created.

use awc::http::Method;

use super::Cast;
use crate::contract::script::{Caller, Request, Script};
use crate::support::{ADMIN_PASSWORD, Answer};

const PATH: &str = "/admin/webhooks";
const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

async fn patch(script: &mut Script, caller: &Caller, path: &str, body: &str) -> Answer {
    script.send(caller, Request { method: Method::PATCH, path, headers: JSON, body: body.as_bytes() }).await
}

async fn delete(script: &mut Script, caller: &Caller, path: &str) -> Answer {
    script.send(caller, Request { method: Method::DELETE, path, headers: &[], body: b"" }).await
}

/// Plays the part of those who connect other systems.
pub async fn play(script: &mut Script, cast: &Cast) {
    script.chapter("webhooks");
    let admin = &script.sign_in("admin", ADMIN_PASSWORD).await;
    let new = r#"{"url":"http://127.0.0.1:1/events","event_types":["shop.tradepost.order.paid.v1"]}"#;
    script.post(&cast.zs, PATH, new).await.expect(403);
    script
        .post(admin, PATH, r#"{"url":"ftp://a.example","event_types":["order.paid"],"secret":"a"}"#)
        .await
        .expect(422);
    let created = script.keyed(admin, PATH, "webhook", new).await.expect(201);
    script.keyed(admin, PATH, "webhook", new).await.expect(201);
    script.keyed(admin, PATH, "webhook", r#"{"url":"http://127.0.0.1:1/others"}"#).await.expect(422);
    let webhook = format!("{PATH}/{}", created.text_of("webhook_id"));
    script.get(admin, PATH).await.expect(200);
    script.get(admin, &format!("{PATH}?limit=0")).await.expect(422);
    script.get(admin, &webhook).await.expect(200);
    script.get(admin, &format!("{PATH}/1")).await.expect(404);
    patch(script, admin, &webhook, r#"{"description":"the warehouse","enabled":false}"#).await.expect(200);
    patch(script, admin, &webhook, r#"{"enabled":"no"}"#).await.expect(422);
    script.post(admin, &format!("{webhook}/test"), "").await.expect(409);
    patch(script, admin, &webhook, r#"{"enabled":true}"#).await.expect(200);
    script.post(admin, &format!("{webhook}/rotate-secret"), "").await.expect(200);
    script.post(admin, &format!("{PATH}/1/rotate-secret"), "").await.expect(404);
    let delivery = script.post(admin, &format!("{webhook}/test"), "").await.expect(202).text_of("delivery_id");
    script.get(admin, &format!("{webhook}/deliveries?status=pending")).await.expect(200);
    script.get(admin, &format!("{webhook}/deliveries?status=lost")).await.expect(422);
    script.post(admin, &format!("/admin/webhook-deliveries/{delivery}/replay"), "").await.expect(202);
    script.post(admin, "/admin/webhook-deliveries/1/replay", "").await.expect(404);
    script.post(admin, &format!("{webhook}/replay"), r#"{"since":"2020-01-01T00:00:00Z"}"#).await.expect(202);
    script.post(admin, &format!("{webhook}/replay"), r#"{"since":"yesterday"}"#).await.expect(422);
    script.get(admin, "/admin/journal?limit=2").await.expect(200);
    delete(script, admin, &webhook).await.expect(204);
    delete(script, admin, &webhook).await.expect(404);
    script.get(admin, &format!("{webhook}/deliveries")).await.expect(404);
}
