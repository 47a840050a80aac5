//! Requests of those who run the shop: goods off sale, conditional requests, parcels, lists as CSV, and events.

use awc::http::Method;

use super::Cast;
use crate::contract::script::{Request, Script};
use crate::support::Answer;

/// Plays the part of those who run the shop.
pub async fn play(script: &mut Script, cast: &Cast) {
    off_sale(script, cast).await;
    conditions(script, cast).await;
    parcel(script, cast).await;
    tables(script, cast).await;
    events(script, cast).await;
}

async fn change(script: &mut Script, cast: &Cast, headers: &[(&str, &str)], body: &str) -> Answer {
    let path = &format!("/admin/goods/{}", cast.goods_id);
    let headers = &[&[("content-type", "application/json")], headers].concat();
    script.send(&cast.admin, Request { method: Method::PATCH, path, headers, body: body.as_bytes() }).await
}

async fn off_sale(script: &mut Script, cast: &Cast) {
    script.chapter("goods off sale");
    change(script, cast, &[], r#"{"on_sale":"no"}"#).await.expect(422);
    change(script, cast, &[], r#"{"on_sale":false}"#).await.expect(200);
    script.get(&cast.anonymous, "/v1/goods?limit=1").await.expect(200);
    script.get(&cast.anonymous, &format!("/v1/goods/{}", cast.goods_id)).await.expect(200);
    script.get(&cast.admin, "/admin/goods?on_sale=false").await.expect(200);
    script.get(&cast.admin, "/admin/goods?on_sale=no").await.expect(422);
    let goods = format!("{{\"goods_id\":\"{}\",\"goods_number\":1}}", cast.goods_id);
    script.post(&cast.anonymous, "/v1/quotes", &format!("{{\"goods\":[{goods}]}}")).await.expect(200);
    let body = format!("{{\"goods\":[{goods}],\"address\":\"a\",\"consignee\":\"b\"}}");
    let refused = script.keyed(&cast.zs, "/v1/orders", "off-sale", &body).await.expect(409);
    script.get(&cast.zs, &format!("/v1/orders/{}", refused.text_of("order_id"))).await.expect(200);
    change(script, cast, &[], r#"{"on_sale":true}"#).await.expect(200);
    script.get(&cast.admin, "/admin/journal?limit=1").await.expect(200);
}

async fn conditions(script: &mut Script, cast: &Cast) {
    script.chapter("conditional requests");
    let path = &format!("/v1/goods/{}", cast.goods_id);
    let read = script.get(&cast.anonymous, path).await.expect(200);
    let tag = read.header("etag").to_owned();
    let headers = &[("if-none-match", tag.as_str())];
    script.send(&cast.anonymous, Request { method: Method::GET, path, headers, body: b"" }).await.expect(304);
    let headers = &[("if-none-match", "unquoted")];
    script.send(&cast.anonymous, Request { method: Method::GET, path, headers, body: b"" }).await.expect(422);
    script.get(&cast.admin, &format!("/admin/goods/{}", cast.goods_id)).await.expect(200);
    script.get(&cast.admin, "/admin/goods/1").await.expect(404);
    change(script, cast, &[("if-match", &tag)], r#"{"goods_price":"46.00"}"#).await.expect(200);
    change(script, cast, &[("if-match", &tag)], r#"{"goods_price":"45.50"}"#).await.expect(412);
    change(script, cast, &[("if-match", "*")], r#"{"goods_price":"45.50"}"#).await.expect(200);
}

async fn parcel(script: &mut Script, cast: &Cast) {
    script.chapter("a parcel");
    let (order_id, _) = cast.paid(script, "parcel", 1).await;
    let path = &format!("/admin/orders/{order_id}/ship");
    script.post(&cast.admin, path, r#"{"carrier":""}"#).await.expect(422);
    let body = r#"{"carrier":"SF Express","tracking_no":"SF1234567890123"}"#;
    for _ in 0..2 {
        script.post(&cast.admin, path, body).await.expect(200);
    }
    script.post(&cast.admin, path, r#"{"carrier":"DHL"}"#).await.expect(409);
    script.get(&cast.zs, &format!("/v1/orders/{order_id}/events")).await.expect(200);
}

async fn tables(script: &mut Script, cast: &Cast) {
    script.chapter("lists as CSV");
    // Its id is known afterwards, also where it is in no JSON.
    script.get(&cast.admin, "/admin/journal?limit=1").await.expect(200);
    for path in ["orders", "payments", "refunds", "goods", "users", "journal"] {
        script.get(&cast.admin, &format!("/admin/{path}?format=csv&limit=1")).await.expect(200);
    }
    script.get(&cast.admin, "/admin/orders?format=xml").await.expect(422);
}

async fn events(script: &mut Script, cast: &Cast) {
    script.chapter("events for other systems");
    script.get(&cast.admin, "/v1/events?type=shop.tradepost.order.shipped.v1&limit=1").await.expect(200);
    script.get(&cast.admin, "/v1/events?type=shipped").await.expect(422);
    script.get(&cast.zs, "/v1/events").await.expect(403);
    script.get(&cast.anonymous, "/v1/events").await.expect(401);
}
