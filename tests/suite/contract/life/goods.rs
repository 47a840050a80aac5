//! Goods, stock, coupons and balances: created by the administrator and read by everybody.

use awc::http::Method;

use super::{Cast, pages};
use crate::contract::script::{Caller, Request, Script};
use crate::support::{GOODS, USER};

/// Reads and changes the catalogue.
pub async fn play(script: &mut Script, cast: &mut Cast) {
    catalogue(script, cast).await;
    cast.goods_id = create(script, cast).await;
    change(script, cast).await;
    stock(script, cast).await;
    coupons(script, cast).await;
    balances(script, cast).await;
}

async fn catalogue(script: &mut Script, cast: &Cast) {
    let anonymous = &cast.anonymous;
    script.chapter("the catalogue");
    script.get(anonymous, "/v1/goods").await.expect(200);
    pages(script, anonymous, "/v1/goods").await;
    script.get(anonymous, &format!("/v1/goods/{GOODS}")).await.expect(200);
    for path in ["/v1/goods/1", "/v1/goods/none", "/v1/goods/-1", "/v1/goods/9223372036854775808"] {
        script.get(anonymous, path).await.expect(404);
    }
    for query in
        ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "cursor=zz", "cursor=", "colour=red", "limit=%zz"]
    {
        script.get(anonymous, &format!("/v1/goods?{query}")).await.expect(422);
    }
}

async fn create(script: &mut Script, cast: &Cast) -> String {
    script.chapter("new goods");
    let path = "/admin/goods";
    let body = r#"{"goods_name":"Tea <pot>","goods_number":50,"goods_price":"40.00","goods_desc":"It's \"round\"."}"#;
    let made = script.post(&cast.admin, path, body).await.expect(201).text_of("goods_id");
    let body = r#"{"goods_name":"Few","goods_number":1,"goods_price":"0.05"}"#;
    script.post(&cast.admin, path, body).await.expect(201);
    for body in [
        "{}",
        r#"{"goods_name":"","goods_number":1,"goods_price":"1.00"}"#,
        r#"{"goods_name":"x","goods_number":-1,"goods_price":"1.00"}"#,
        r#"{"goods_name":"x","goods_number":1000000001,"goods_price":"1.00"}"#,
        r#"{"goods_name":"x","goods_number":1.5,"goods_price":"1.00"}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":"1.005"}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":"-1.00"}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":1}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":"10000000000"}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":"1.00","goods_desc":5}"#,
        r#"{"goods_name":"x\u0000","goods_number":1,"goods_price":"1.00"}"#,
        r#"{"goods_name":"x","goods_number":1,"goods_price":"1.00","surprise":{}}"#,
    ] {
        script.post(&cast.admin, path, body).await.expect(422);
    }
    made
}

async fn change(script: &mut Script, cast: &Cast) {
    script.chapter("other goods");
    let path = format!("/admin/goods/{}", cast.goods_id);
    for (caller, path, body) in [
        (&cast.admin, path.as_str(), r#"{"goods_price":"45.50"}"#),
        (&cast.admin, path.as_str(), r#"{"goods_name":"Teapot","goods_desc":""}"#),
        (&cast.admin, path.as_str(), "{}"),
        (&cast.admin, path.as_str(), r#"{"goods_name":" "}"#),
        (&cast.admin, path.as_str(), r#"{"goods_number":5}"#),
        (&cast.admin, "/admin/goods/1", r#"{"goods_name":"x"}"#),
        (&cast.mallory, path.as_str(), r#"{"goods_name":"x"}"#),
        (&cast.anonymous, path.as_str(), r#"{"goods_name":"x"}"#),
    ] {
        let json = [("content-type", "application/json")];
        script.send(caller, Request { method: Method::PATCH, path, headers: &json, body: body.as_bytes() }).await;
    }
    script.get(&cast.anonymous, &format!("/v1/goods/{}", cast.goods_id)).await.expect(200);
}

/// Sends post_all of the bodies to one administrator route.
async fn post_all(script: &mut Script, admin: &Caller, path: &str, bodies: &[&str]) {
    for body in bodies {
        script.post(admin, path, body).await;
    }
}

async fn stock(script: &mut Script, cast: &Cast) {
    script.chapter("stock");
    let path = format!("/admin/goods/{}/stock", cast.goods_id);
    let bodies = [
        r#"{"delta":10,"reason":"delivered"}"#,
        r#"{"delta":-20,"reason":"broken"}"#,
        r#"{"delta":-41,"reason":"too many"}"#,
        r#"{"delta":1000000000,"reason":"too many"}"#,
        r#"{"delta":0,"reason":"nothing"}"#,
        r#"{"delta":1,"reason":""}"#,
        r#"{"delta":1}"#,
        r#"{"reason":"delivered"}"#,
    ];
    post_all(script, &cast.admin, &path, &bodies).await;
    script.post(&cast.admin, "/admin/goods/1/stock", bodies[0]).await.expect(404);
}

async fn coupons(script: &mut Script, cast: &Cast) {
    script.chapter("coupons");
    let coupon = |user_id: &str, price: &str| format!("{{\"user_id\":\"{user_id}\",\"coupon_price\":\"{price}\"}}");
    for (user_id, price) in
        [(USER, "5.00"), (&cast.mallory_id, "7.77"), (USER, "0.00"), (USER, "x"), ("1", "1.00"), ("x", "1.00")]
    {
        script.post(&cast.admin, "/admin/coupons", &coupon(user_id, price)).await;
    }
    script.post(&cast.admin, "/admin/coupons", "{}").await.expect(422);
    pages(script, &cast.zs, "/v1/users/me/coupons").await;
}

async fn balances(script: &mut Script, cast: &Cast) {
    script.chapter("balances");
    let path = format!("/admin/users/{}/balance", cast.mallory_id);
    let bodies = [
        r#"{"delta":"30.00","reason":"a gift"}"#,
        r#"{"delta":"-9.99","reason":"a mistake"}"#,
        r#"{"delta":"-20.02","reason":"too much"}"#,
        r#"{"delta":"0.00","reason":"nothing"}"#,
        r#"{"delta":"--1","reason":"nothing"}"#,
        r#"{"delta":1,"reason":"nothing"}"#,
        r#"{"delta":"1.00","reason":null}"#,
    ];
    post_all(script, &cast.admin, &path, &bodies).await;
    script.post(&cast.admin, "/admin/users/1/balance", bodies[0]).await.expect(404);
    script.chapter("users");
    script.get(&cast.admin, "/admin/users").await.expect(200);
    pages(script, &cast.admin, "/admin/users").await;
    script.get(&cast.admin, "/admin/users?user_name=mallory").await.expect(200);
    script.get(&cast.admin, "/admin/users?user_name=unknown").await.expect(200);
    script.get(&cast.admin, "/admin/users?user_name=a%20b").await.expect(422);
    script.get(&cast.admin, "/admin/users?name=zs").await.expect(422);
}
