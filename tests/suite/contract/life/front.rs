//! Requests of a shop front before and after an order.

use super::Cast;
use crate::contract::script::{Caller, Script};
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD};

/// Plays the part of a shop front.
pub async fn play(script: &mut Script, cast: &mut Cast) {
    script.chapter("the tokens have expired");
    script.get(&cast.zs, "/v1/users/me").await.expect(401);
    cast.zs = script.sign_in("zs", DEMO_PASSWORD).await;
    cast.mallory = script.sign_in("mallory", "a good password").await;
    cast.admin = script.sign_in("admin", ADMIN_PASSWORD).await;
    let anonymous = &cast.anonymous.clone();
    script.chapter("quotes");
    let line = format!("{{\"goods_id\":\"{}\",\"goods_number\":2}}", cast.goods_id);
    let lines = format!("{{\"goods\":[{line}]");
    script.post(anonymous, "/v1/quotes", &format!("{lines}}}")).await.expect(200);
    script.post(anonymous, "/v1/quotes", &format!("{lines},\"money_paid\":\"1.00\"}}")).await.expect(401);
    let wrong = format!("{lines},\"shipping_fee\":\"0.01\",\"coupon_id\":\"1\",\"money_paid\":\"9999.00\"}}");
    script.post(&cast.zs, "/v1/quotes", &wrong).await.expect(200);
    script.post(&cast.zs, "/v1/quotes", "{\"goods\":[]}").await.expect(422);
    script.chapter("payments of an order, and closing one");
    script.get(anonymous, "/v1/payment-methods").await.expect(200);
    let order_id = cast.order(script, "front-order", 1).await;
    let pay_id = cast.pay(script, "front-pay", &order_id).await;
    script.get(&cast.zs, &format!("/v1/payments?order_id={order_id}")).await.expect(200);
    script.get(&cast.zs, "/v1/payments?order_id=x").await.expect(422);
    script.get(&cast.zs, &format!("/v1/orders/{order_id}/payments")).await.expect(200);
    script.get(&cast.mallory, &format!("/v1/orders/{order_id}/payments")).await.expect(404);
    let back =
        format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\",\"return_url\":\"https://a.example/\"}}");
    script.keyed(&cast.zs, "/v1/payments", "front-back", &back).await.expect(422);
    script.post(&cast.mallory, &format!("/v1/payments/{pay_id}/close"), "").await.expect(404);
    script.post(&cast.zs, &format!("/v1/payments/{pay_id}/close"), "").await.expect(200);
    let paid = cast.pay(script, "front-paid", &order_id).await;
    script.post(anonymous, &format!("/sandbox/trades/{paid}/pay"), "").await.expect(200);
    script.post(&cast.zs, &format!("/v1/payments/{paid}/close"), "").await.expect(409);
    script.chapter("lists with filters");
    for query in
        ["", "?order_status=confirmed", "?order_status=invalid&limit=1", "?include=refused&limit=1", "?include=all"]
    {
        script.get(&cast.zs, &format!("/v1/orders{query}")).await;
    }
    for query in [
        "consignee=z%20s&amount_min=90.00&amount_max=91.00&limit=1",
        "from=2100-01-01T00:00:00Z",
        "before=x&goods_id=x",
    ] {
        script.get(&cast.admin, &format!("/admin/orders?{query}")).await;
    }
    script.get(&cast.admin, &format!("/admin/orders?order_id={order_id}&goods_id={}", cast.goods_id)).await.expect(200);
    script.get(&cast.admin, "/admin/users?user_name_prefix=mal").await.expect(200);
    for path in [
        format!("/admin/users/{}", cast.mallory_id),
        "/admin/users/1".to_owned(),
        format!("/admin/payments/{paid}"),
        "/admin/payments/1".to_owned(),
        "/admin/goods?limit=1".to_owned(),
        "/admin/goods?limit=0".to_owned(),
    ] {
        script.get(&cast.admin, &path).await;
    }
    keys(script, cast).await;
    script.chapter("a registration that is sent again");
    let body = r#"{"user_name":"again","user_password":"a good password"}"#;
    script.keyed(anonymous, "/v1/users", "register-again", body).await.expect(201);
    script.keyed(anonymous, "/v1/users", "register-again", body).await.expect(201);
    let other = r#"{"user_name":"again","user_password":"another password"}"#;
    script.keyed(anonymous, "/v1/users", "register-again", other).await.expect(422);
    script.chapter("the pages of problems");
    script.get(anonymous, "/problems/insufficient_stock").await.expect(200);
    script.get(anonymous, "/problems/of_another_shop").await.expect(404);
}

/// Gives the shop's server a key, with which it acts for its customers.
async fn keys(script: &mut Script, cast: &Cast) {
    script.chapter("keys of the shop's own server");
    let path = "/admin/api-keys";
    script.post(&cast.admin, path, "{\"name\":\"front\",\"scopes\":[]}").await.expect(422);
    let body = "{\"name\":\"front\",\"scopes\":[\"orders\",\"catalog\"]}";
    let created = script.post(&cast.admin, path, body).await.expect(201);
    let server = Caller::new("the shop's server", &created.text_of("key"));
    let named = [("tradepost-customer", "customer-1")];
    script.get_with(&server, "/v1/users/me", &named).await.expect(200);
    script.get(&server, "/v1/users/me").await.expect(422);
    script.get_with(&cast.zs, "/v1/users/me", &named).await.expect(422);
    script.get(&server, path).await.expect(403);
    script.get(&cast.admin, path).await.expect(200);
    let revoke = format!("{path}/{}/revoke", created.text_of("api_key_id"));
    script.post(&cast.admin, &revoke, "").await.expect(200);
    script.get_with(&server, "/v1/users/me", &named).await.expect(401);
    script.post(&cast.admin, &format!("{path}/1/revoke"), "").await.expect(404);
    script.get(&cast.admin, &format!("{path}?limit=0")).await.expect(422);
}
