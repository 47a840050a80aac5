//! Customers: registration, sign-in, their own data, and routes they must not call.

use awc::http::Method;

use super::{Cast, pages};
use crate::contract::script::{Caller, Request, Script};

/// Registers a customer; returns the id and the caller.
pub async fn register(script: &mut Script) -> (String, Caller) {
    script.chapter("a customer registers and signs in");
    let body = r#"{"user_name":"mallory","user_password":"a good password","user_mobile":"+4912345678"}"#;
    let made = script.post(&Caller::anonymous(), "/v1/users", body).await.expect(201);
    (made.text_of("user_id"), script.sign_in("mallory", "a good password").await)
}

/// Registers wrong customers, and calls routes as different callers.
pub async fn play(script: &mut Script, cast: &Cast) {
    let anonymous = &cast.anonymous;
    script.chapter("wrong customers");
    for body in [
        r#"{"user_name":"mallory","user_password":"another password"}"#,
        r#"{"user_name":"a b","user_password":"a good password"}"#,
        r#"{"user_name":"","user_password":"a good password"}"#,
        r#"{"user_name":1,"user_password":"a good password"}"#,
        r#"{"user_name":"new","user_password":"short"}"#,
        r#"{"user_name":"new","user_password":null}"#,
        r#"{"user_name":"new"}"#,
        r#"{"user_name":"new","user_password":"a good password","user_mobile":"1234"}"#,
        r#"{"user_name":"new","user_password":"a good password","user_mobile":5}"#,
        r#"{"user_name":"new","user_password":"a good password","surprise":1}"#,
        r#"{"user_name":"new","user_name":"new","user_password":"a good password"}"#,
    ] {
        script.post(anonymous, "/v1/users", body).await;
    }
    for body in [
        r#"{"user_name":"mallory","user_password":"not the password"}"#,
        r#"{"user_name":"unknown","user_password":"not the password"}"#,
        r#"{"user_name":"mallory","user_password":"short"}"#,
        r#"{"user_password":"not the password"}"#,
    ] {
        script.post(anonymous, "/v1/sessions", body).await;
    }
    script.chapter("who they are");
    for caller in [&cast.mallory, &cast.zs, &cast.admin, anonymous, &Caller::new("a forger", "garbage")] {
        script.get(caller, "/v1/users/me").await;
    }
    for value in ["", "Bearer", "Basic eno6eno="] {
        script.post_with(anonymous, "/v1/orders", &[("authorization", value)], b"").await.expect(401);
    }
    script.chapter("what a new customer has");
    for path in ["/v1/users/me/coupons", "/v1/users/me/money-log", "/v1/users/me/score-log", "/v1/orders"] {
        script.get(&cast.mallory, path).await.expect(200);
        script.get(anonymous, path).await.expect(401);
    }
    pages(script, &cast.zs, "/v1/users/me/coupons").await;
    administrator_routes(script, cast).await;
    account(script, cast).await;
}

/// Changes a password, ends sessions, and changes an account as an administrator.
async fn account(script: &mut Script, cast: &Cast) {
    script.chapter("an account and its sessions");
    let new = r#"{"user_name":"carol","user_password":"a good password"}"#;
    let user_id = script.post(&cast.anonymous, "/v1/users", new).await.expect(201).text_of("user_id");
    let end = async |script: &mut Script, caller: &Caller, path: &str| {
        script.send(caller, Request { method: Method::DELETE, path, headers: &[], body: b"" }).await
    };
    let carol = script.sign_in("carol", "a good password").await;
    for (body, status) in [
        (r#"{"old_password":"not the password","new_password":"a better password"}"#, 422),
        (r#"{"old_password":"a good password","new_password":"password1"}"#, 422),
        (r#"{"old_password":"a good password","new_password":"a better password"}"#, 200),
        (r#"{"old_password":"a good password","new_password":"a better password"}"#, 401),
    ] {
        script.post(&carol, "/v1/users/me/password", body).await.expect(status);
    }
    for path in ["/v1/sessions/current", "/v1/sessions"] {
        let carol = script.sign_in("carol", "a better password").await;
        end(script, &carol, path).await.expect(204);
        end(script, &carol, path).await.expect(401);
    }
    let (user, reason) = (format!("/admin/users/{user_id}"), r#"{"reason":"asked for it"}"#);
    for (change, body) in [
        ("role", r#"{"user_role":"admin","reason":"joins the team"}"#),
        ("role", r#"{"user_role":"customer","reason":"leaves the team"}"#),
        ("disable", reason),
    ] {
        script.post(&cast.admin, &format!("{user}/{change}"), body).await.expect(200);
    }
    let signing_in = r#"{"user_name":"carol","user_password":"a better password"}"#;
    script.post(&cast.anonymous, "/v1/sessions", signing_in).await.expect(403);
    for change in ["enable", "sign-out"] {
        script.post(&cast.admin, &format!("{user}/{change}"), reason).await.expect(200);
    }
    for (change, body) in
        [("role", r#"{"user_role":"owner"}"#), ("disable", "{}"), ("enable", "{}"), ("sign-out", "{}")]
    {
        script.post(&cast.admin, &format!("{user}/{change}"), body).await.expect(422);
    }
}

/// Calls every administrator route as a customer and without signing in.
async fn administrator_routes(script: &mut Script, cast: &Cast) {
    script.chapter("what is only for administrators");
    for path in [
        "status",
        "audit",
        "users",
        "orders",
        "orders/1",
        "orders/1/events",
        "payments",
        "notices",
        "journal",
        "messages",
    ] {
        script.get(&cast.anonymous, &format!("/admin/{path}")).await.expect(401);
        script.get(&cast.mallory, &format!("/admin/{path}")).await.expect(403);
    }
    for path in [
        "goods",
        "goods/1/stock",
        "messages/1/replay",
        "orders/1/ship",
        "orders/1/cancel",
        "orders/1/refund",
        "payments/1/query",
        "coupons",
        "users/1/balance",
    ] {
        script.post(&cast.anonymous, &format!("/admin/{path}"), "{}").await.expect(401);
        script.post(&cast.mallory, &format!("/admin/{path}"), "{}").await.expect(403);
    }
}
