//! Answers to everybody, and the framework's own refusals.

use awc::http::Method;

use crate::contract::script::{Ask, Script, Who};

/// Requests that need no user.
pub async fn play(script: &mut Script) {
    let nobody = Who::nobody();
    script.chapter("load balancers");
    script.get(&nobody, "/healthz").await.expect(200);
    script.get(&nobody, "/readyz").await.expect(200);
    script.chapter("request ids");
    let bad = [("x-request-id", "two words")];
    for headers in [&[("x-request-id", "")][..], &bad[..], &[("x-request-id", "my-own.id/1")][..]] {
        for path in ["/healthz", "/nothing"] {
            script.ask(&nobody, Ask { method: Method::GET, path, headers, body: b"" }).await;
        }
    }
    script.chapter("what is not there");
    for path in
        ["/", "/v1", "/v1/", "/v1/goods/", "/v1/nothing", "/admin", "/admin/nothing", "/sandbox", "/pay/", "/%zz"]
    {
        script.get(&nobody, path).await.expect(404);
    }
    methods(script, &nobody).await;
    parse_bodies(script, &nobody).await;
}

/// Methods a route does not have.
async fn methods(script: &mut Script, nobody: &Who) {
    script.chapter("methods");
    for (method, path) in [
        (Method::HEAD, "/healthz"),
        (Method::OPTIONS, "/v1/goods"),
        (Method::POST, "/healthz"),
        (Method::GET, "/v1/users"),
        (Method::GET, "/v1/sessions"),
        (Method::DELETE, "/v1/goods/345959443973935104"),
        (Method::PUT, "/v1/orders"),
        (Method::DELETE, "/v1/orders"),
        (Method::GET, "/v1/orders/1/cancel"),
        (Method::GET, "/v1/payments"),
        (Method::GET, "/v1/payments/callbacks/sandbox"),
        (Method::POST, "/pay/1"),
        (Method::POST, "/admin/status"),
        (Method::GET, "/admin/goods"),
        (Method::GET, "/admin/goods/1"),
        (Method::GET, "/admin/messages/1/replay"),
        (Method::DELETE, "/sandbox/trades/1"),
        (Method::GET, "/sandbox/checkout/1/pay"),
    ] {
        script.ask(nobody, Ask { method, path, headers: &[], body: b"" }).await;
    }
}

/// Bodies that are too long, of another kind, or no JSON, at a route that takes one.
async fn parse_bodies(script: &mut Script, nobody: &Who) {
    script.chapter("bodies");
    let json = ("content-type", "application/json");
    let (path, good) = ("/v1/sessions", b"{\"user_name\":\"zs\",\"user_password\":\"a wrong one\"}".as_slice());
    for kind in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
        script.post_with(nobody, path, &[("content-type", kind)], good).await.expect(415);
    }
    script.post_with(nobody, path, &[], good).await.expect(415);
    for kind in ["APPLICATION/JSON", "application/json; charset=utf-8"] {
        script.post_with(nobody, path, &[("content-type", kind)], good).await.expect(401);
    }
    for (path, longest) in [("/v1/sessions", 4), ("/v1/users", 4), ("/v1/payments/callbacks/sandbox", 64)] {
        let large = vec![b' '; longest * 1024 + 1];
        script.post_with(nobody, path, &[json], &large).await.expect(413);
        script.post_with(nobody, path, &[json], &large[1..]).await;
    }
    for body in ["", "{", "nonsense", "{\"user_name\":NaN}", "{} {}", "\u{feff}{}", "{\"user_name\":\"\\x\"}"] {
        script.post_with(nobody, path, &[json], body.as_bytes()).await;
    }
    script.post_with(nobody, path, &[json], b"{\"user_name\":\"\xff\xfe\"}").await.expect(400);
    for body in ["null", "[]", "1", "\"x\"", "[{}]", "{}", "{\"user_name\":\"zs\",\"user_name\":\"zs\"}"] {
        script.post_with(nobody, path, &[json], body.as_bytes()).await.expect(422);
    }
    let nested = format!("{{\"user_name\":{}", "[".repeat(1_000));
    script.post_with(nobody, path, &[json], nested.as_bytes()).await;
}
