//! Requests of those who run the shop: goods off sale.

use awc::http::Method;

use super::Cast;
use crate::contract::script::{Request, Script};
use crate::support::Answer;

/// Plays the part of those who run the shop.
pub async fn play(script: &mut Script, cast: &Cast) {
    off_sale(script, cast).await;
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
