//! Requests without a user, and refusals by the web framework.

use awc::http::Method;

use crate::contract::script::{Caller, Request, Script};

/// Sends requests that need no user.
pub async fn play(script: &mut Script) {
    let anonymous = Caller::anonymous();
    script.chapter("load balancers");
    script.get(&anonymous, "/healthz").await.expect(200);
    script.get(&anonymous, "/readyz").await.expect(200);
    script.chapter("request ids");
    let invalid = [("x-request-id", "two words")];
    for headers in [&[("x-request-id", "")][..], &invalid[..], &[("x-request-id", "my-own.id/1")][..]] {
        for path in ["/healthz", "/nothing"] {
            script.send(&anonymous, Request { method: Method::GET, path, headers, body: b"" }).await;
        }
    }
    script.chapter("what is not there");
    for path in ["/nothing", "/v1", "/v1/", "/v1/goods/", "/v1/nothing", "/admin", "/admin/nothing", "/sandbox", "/%zz"]
    {
        script.get(&anonymous, path).await.expect(404);
    }
    methods(script, &anonymous).await;
    bodies(script, &anonymous).await;
    script.chapter("the description of the interface");
    script.get(&anonymous, "/openapi.json").await.expect(200);
    script.get(&anonymous, "/docs").await.expect(200);
    script.get(&anonymous, "/asyncapi.json").await.expect(200);
}

/// Calls routes with methods they do not have.
async fn methods(script: &mut Script, anonymous: &Caller) {
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
        script.send(anonymous, Request { method, path, headers: &[], body: b"" }).await;
    }
}

/// Sends bodies that are too long, of another type or not JSON.
async fn bodies(script: &mut Script, anonymous: &Caller) {
    script.chapter("bodies");
    let json = ("content-type", "application/json");
    let (path, good) = ("/v1/sessions", b"{\"user_name\":\"zs\",\"user_password\":\"a wrong one\"}".as_slice());
    for kind in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
        script.post_with(anonymous, path, &[("content-type", kind)], good).await.expect(415);
    }
    script.post_with(anonymous, path, &[], good).await.expect(415);
    for kind in ["APPLICATION/JSON", "application/json; charset=utf-8"] {
        script.post_with(anonymous, path, &[("content-type", kind)], good).await.expect(401);
    }
    for (path, limit_kib) in [("/v1/sessions", 4), ("/v1/users", 4), ("/v1/payments/callbacks/sandbox", 64)] {
        let large = vec![b' '; limit_kib * 1024 + 1];
        script.post_with(anonymous, path, &[json], &large).await.expect(413);
        script.post_with(anonymous, path, &[json], &large[1..]).await;
    }
    for body in ["", "{", "nonsense", "{\"user_name\":NaN}", "{} {}", "\u{feff}{}", "{\"user_name\":\"\\x\"}"] {
        script.post_with(anonymous, path, &[json], body.as_bytes()).await;
    }
    script.post_with(anonymous, path, &[json], b"{\"user_name\":\"\xff\xfe\"}").await.expect(400);
    for body in ["null", "[]", "1", "\"x\"", "[{}]", "{}", "{\"user_name\":\"zs\",\"user_name\":\"zs\"}"] {
        script.post_with(anonymous, path, &[json], body.as_bytes()).await.expect(422);
    }
    let nested = format!("{{\"user_name\":{}", "[".repeat(1_000));
    script.post_with(anonymous, path, &[json], nested.as_bytes()).await;
}
