//! Access to each route, and properties that all answers have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::identity::{SESSION_SECRET, UNSIGNED, changed};
use crate::support::{Answer, GOODS, TestApp};

/// Callers that a route admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    All,
    /// Guests without a token, and signed-in users.
    Visitors,
    Customers,
    Admins,
}

/// Every route: method, an example path, and the callers it admits.
pub const ROUTES: &[(&str, &str, For)] = &[
    ("GET", "/healthz", For::All),
    ("GET", "/readyz", For::All),
    ("GET", "/metrics", For::All),
    ("GET", "/openapi.json", For::All),
    ("GET", "/docs", For::All),
    ("GET", "/asyncapi.json", For::All),
    ("GET", "/v1/events", For::Admins),
    ("POST", "/v1/users", For::All),
    ("POST", "/v1/sessions", For::All),
    ("DELETE", "/v1/sessions", For::Customers),
    ("DELETE", "/v1/sessions/current", For::Customers),
    ("POST", "/v1/users/me/password", For::Customers),
    ("GET", "/v1/users/me/second-factor", For::Customers),
    ("POST", "/v1/users/me/second-factor", For::Admins),
    ("POST", "/v1/users/me/second-factor/confirm", For::Admins),
    ("POST", "/v1/users/me/second-factor/remove", For::Customers),
    ("GET", "/v1/users/me", For::Customers),
    ("GET", "/v1/users/me/coupons", For::Customers),
    ("GET", "/v1/users/me/money-log", For::Customers),
    ("GET", "/v1/users/me/score-log", For::Customers),
    ("GET", "/v1/goods", For::All),
    ("GET", "/v1/goods/1", For::All),
    ("POST", "/v1/orders", For::Customers),
    ("POST", "/v1/quotes", For::Visitors),
    ("GET", "/v1/orders", For::Customers),
    ("GET", "/v1/orders/1", For::Customers),
    ("GET", "/v1/orders/1/events", For::Customers),
    ("POST", "/v1/orders/1/cancel", For::Customers),
    ("POST", "/v1/orders/1/receive", For::Customers),
    ("POST", "/v1/orders/1/refund", For::Customers),
    ("GET", "/v1/orders/1/payments", For::Customers),
    ("GET", "/v1/payment-methods", For::All),
    ("GET", "/v1/payments", For::Customers),
    ("POST", "/v1/payments", For::Customers),
    ("POST", "/v1/payments/1/close", For::Customers),
    ("GET", "/v1/payments/1", For::Customers),
    ("POST", "/v1/payments/callbacks/sandbox", For::All),
    ("GET", "/problems/1", For::All),
    ("GET", "/pay/page.js", For::All),
    ("GET", "/pay/1", For::All),
    ("GET", "/admin/status", For::Admins),
    ("GET", "/admin/audit", For::Admins),
    ("GET", "/admin/goods", For::Admins),
    ("POST", "/admin/goods", For::Admins),
    ("GET", "/admin/goods/1", For::Admins),
    ("PATCH", "/admin/goods/1", For::Admins),
    ("POST", "/admin/goods/1/stock", For::Admins),
    ("GET", "/admin/coupons", For::Admins),
    ("POST", "/admin/coupons", For::Admins),
    ("GET", "/admin/api-keys", For::Admins),
    ("POST", "/admin/api-keys", For::Admins),
    ("POST", "/admin/api-keys/1/revoke", For::Admins),
    ("GET", "/admin/webhooks", For::Admins),
    ("POST", "/admin/webhooks", For::Admins),
    ("GET", "/admin/webhooks/1", For::Admins),
    ("PATCH", "/admin/webhooks/1", For::Admins),
    ("DELETE", "/admin/webhooks/1", For::Admins),
    ("POST", "/admin/webhooks/1/rotate-secret", For::Admins),
    ("POST", "/admin/webhooks/1/test", For::Admins),
    ("GET", "/admin/webhooks/1/deliveries", For::Admins),
    ("POST", "/admin/webhooks/1/replay", For::Admins),
    ("POST", "/admin/webhook-deliveries/1/replay", For::Admins),
    ("GET", "/admin/users", For::Admins),
    ("GET", "/admin/users/1", For::Admins),
    ("POST", "/admin/users/1/balance", For::Admins),
    ("POST", "/admin/users/1/role", For::Admins),
    ("POST", "/admin/users/1/disable", For::Admins),
    ("POST", "/admin/users/1/enable", For::Admins),
    ("POST", "/admin/users/1/sign-out", For::Admins),
    ("POST", "/admin/users/1/remove-second-factor", For::Admins),
    ("GET", "/admin/orders", For::Admins),
    ("GET", "/admin/orders/1", For::Admins),
    ("GET", "/admin/orders/1/events", For::Admins),
    ("POST", "/admin/orders/1/refund/preview", For::Admins),
    ("GET", "/admin/parked", For::Admins),
    ("POST", "/admin/parked/1/refund", For::Admins),
    ("POST", "/admin/parked/1/accept", For::Admins),
    ("POST", "/admin/parked/1/match", For::Admins),
    ("POST", "/admin/parked/1/dismiss", For::Admins),
    ("POST", "/admin/parked/1/retry", For::Admins),
    ("POST", "/admin/orders/1/ship", For::Admins),
    ("POST", "/admin/orders/1/cancel", For::Admins),
    ("POST", "/admin/orders/1/refund", For::Admins),
    ("GET", "/admin/payments", For::Admins),
    ("GET", "/admin/payments/1", For::Admins),
    ("POST", "/admin/payments/1/query", For::Admins),
    ("GET", "/admin/notices", For::Admins),
    ("GET", "/admin/adjustments", For::Admins),
    ("GET", "/admin/refunds", For::Admins),
    ("GET", "/admin/refunds/1", For::Admins),
    ("GET", "/v1/orders/1/refunds", For::Customers),
    ("POST", "/admin/reconciliations", For::Admins),
    ("GET", "/admin/journal", For::Admins),
    ("GET", "/admin/messages", For::Admins),
    ("POST", "/admin/messages/1/replay", For::Admins),
];

async fn call(app: &TestApp, method: &str, path: &str, token: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let body = json!({});
    let body = (method != Method::GET).then_some(&body);
    app.send(method, path, token, &[], body).await
}

/// Parses the routes of the interface: method and path. The page of a payment is a part of it.
pub fn declared_routes() -> BTreeSet<(String, String)> {
    let text =
        concat!(include_str!("../../../src/http/route.rs"), include_str!("../../../src/shop_window/payment/route.rs"));
    let of_resource = |text: &str| {
        let (path, rest) = text.split_once('"').unwrap();
        let routes = rest.split(".route(").skip(1).map(|route| route.trim_start_matches("admitted("));
        let methods = routes.map(|route| route.split('(').next().unwrap().to_uppercase());
        methods.map(|method| (method, path.to_owned())).collect::<Vec<_>>()
    };
    text.split("resource(\"").skip(1).flat_map(of_resource).collect()
}

#[test]
fn every_route_has_a_line_in_the_table() {
    let listed = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let example = |path: String| {
        path.replace("{id}", "1").replace("{ticket}", "1").replace("{provider}", "sandbox").replace("{code}", "1")
    };
    let declared: BTreeSet<_> = declared_routes().into_iter().map(|(method, path)| (method, example(path))).collect();
    assert_eq!(declared, listed, "left: the route files, right: the table");
}

/// A sender of requests: a name, the token, and whether it is that of a signed-in user and of an administrator.
type Identity = (&'static str, String, bool, bool);

/// All identities, with new tokens.
async fn identities(app: &TestApp) -> Vec<Identity> {
    let (user_a, admin) = (app.zs().await, app.admin().await);
    let user_b = app.sign_in("bob", "a good password").await;
    let eve = app.sign_in("eve", "a good password").await;
    let eve_id = app.get("/v1/users/me", &eve).await.expect(200).text_of("user_id");
    let disable = json!({"reason": "for the test"});
    app.post(&format!("/admin/users/{eve_id}/disable"), &admin, disable).await.expect(200);
    let mut identities = vec![
        ("none", String::new(), false, false),
        ("garbage", "garbage".to_owned(), false, false),
        ("without a signature", UNSIGNED.to_owned(), false, false),
        ("one character changed", changed(&user_a), false, false),
        ("a disabled user", eve, false, false),
    ];
    identities.extend(app.forged(&admin).await.map(|(name, token)| (name, token, false, false)));
    identities.extend([
        ("user A", user_a, true, false),
        ("user B", user_b, true, false),
        ("an administrator", admin, true, true),
    ]);
    identities
}

#[actix_web::test]
async fn every_route_admits_only_its_callers() {
    let app = TestApp::with(&[SESSION_SECRET]).await;
    for name in ["bob", "eve"] {
        let body = json!({"user_name": name, "user_password": "a good password"});
        app.post("/v1/users", "", body).await.expect(201);
    }
    let mut senders = identities(&app).await;
    let before = app.rows();
    for &(method, path, callers) in ROUTES {
        for sender in 0..senders.len() {
            let (name, token, is_signed_in, is_admin) = senders[sender].clone();
            let answer = call(&app, method, path, &token).await;
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            let call = format!("{method} {path} with the token {name}: {}", answer.text);
            match callers {
                For::Visitors if !is_signed_in && !token.is_empty() => {
                    assert_eq!((answer.status, code.as_str()), (401, "unauthenticated"), "{call}");
                }
                For::Customers | For::Admins if !is_signed_in => {
                    assert_eq!((answer.status, code.as_str()), (401, "unauthenticated"), "{call}");
                    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{call}");
                }
                For::Admins if !is_admin => assert_eq!((answer.status, code.as_str()), (403, "forbidden"), "{call}"),
                _ => assert!(answer.status < 500 && code != "unauthenticated" && code != "forbidden", "{call}"),
            }
            if answer.status == 204 && method == "DELETE" {
                let eve = "UPDATE users SET disable_time = NULL WHERE user_name = 'eve'";
                app.alter("user", eve);
                app.alter("user", "DELETE FROM ended_session");
                senders = identities(&app).await;
            }
        }
    }
    app.alter("user", "DELETE FROM ended_session");
    // Each time the tokens are made, the administrator disables a user.
    let without_acts = |mut rows: BTreeMap<String, i64>| {
        rows.remove("user.admin_act");
        rows
    };
    assert_eq!(without_acts(app.rows()), without_acts(before));
    app.finish().await;
}

/// Review L5. Besides, every answer that a test reads is checked for it.
#[actix_web::test]
async fn every_answer_has_a_content_security_policy_and_a_page_one_for_its_forms() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let pages = ["/", "/sign-in", "/console/sign-in", "/pay/1", "/sandbox/checkout/1", "/docs", "/problems/busy"];
    let routes = ROUTES.iter().filter(|(method, ..)| *method == "GET").map(|(_, path, _)| *path);
    for path in routes.chain(pages) {
        let headers = [("authorization", format!("Bearer {admin}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = app.fetch(Method::GET, path, &headers, Vec::new()).await;
        let policy = answer.header("content-security-policy");
        for directive in ["default-src 'none'", "base-uri 'none'", "form-action '", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        let is_page = answer.header("content-type").starts_with("text/html");
        assert_eq!(policy.contains("style-src"), is_page, "{path}: {policy}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_authorization_header_without_one_bearer_token_is_refused() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let get = async |headers: Vec<(&str, String)>| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.send_raw(Method::GET, "/v1/users/me", &headers, Vec::new()).await.status
    };
    for value in ["", "Bearer", "Bearer ", "Basic eno6eno="].map(str::to_owned).into_iter().chain([
        zs.clone(),
        format!("Basic {zs}"),
        format!("Bearer{zs}"),
        format!("Bearer {zs} {zs}"),
        format!("Bearer {zs}."),
    ]) {
        assert_eq!(get(vec![("authorization", value.clone())]).await, 401, "{value}");
    }
    let good = format!("Bearer {zs}");
    assert_eq!(get(vec![("authorization", good.clone()), ("authorization", good.clone())]).await, 401);
    assert_eq!(get(vec![("authorization", good)]).await, 200);
    assert_eq!(get(vec![("authorization", format!("bearer {zs}"))]).await, 200);
    app.finish().await;
}

#[actix_web::test]
async fn a_token_survives_a_restart_and_expires() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    app.restart().await;
    app.get("/v1/users/me", &zs).await.expect(200);
    app.clock.advance(Duration::from_secs(12 * 3600 + 60));
    app.get("/v1/users/me", &zs).await.expect_problem(401, "unauthenticated");
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let app = TestApp::start().await;
    let sign_in = async |name: &str| {
        let body = json!({"user_name": name, "user_password": "not the password"});
        let mut answer = app.post("/v1/sessions", "", body).await.expect_problem(401, "unauthenticated");
        let problem = answer.body.as_object_mut().unwrap();
        problem.remove("instance");
        problem.remove("trace_id");
        answer.body
    };
    assert_eq!(sign_in("zs").await, sign_in("unknown").await);
    let body = json!({"user_name": "zs", "user_password": "a good password"});
    app.post("/v1/users", "", body).await.expect_problem(409, "user_name_taken");
    app.finish().await;
}

#[actix_web::test]
async fn an_unknown_path_and_an_unsupported_method_are_answered_with_a_problem() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for path in ["/nothing", "/v1", "/v1/goods/", "/v1/goods/0", "/v1/goods/01", "/v1/goods/x", "/v2/goods", "/%ff"] {
        let answer = app.get(path, &admin).await.expect_problem(404, "not_found");
        assert_eq!(answer.body["instance"], answer.header("x-request-id"), "{path}");
    }
    for (method, path) in [
        (Method::DELETE, "/v1/orders".to_owned()),
        (Method::PUT, "/v1/orders/1".to_owned()),
        (Method::GET, "/v1/sessions".to_owned()),
        (Method::POST, format!("/v1/goods/{GOODS}")),
        (Method::DELETE, format!("/admin/goods/{GOODS}")),
        (Method::GET, "/v1/payments/callbacks/sandbox".to_owned()),
    ] {
        let answer = app.send(method.clone(), &path, &admin, &[], None).await;
        let answer = answer.expect_problem(405, "method_not_allowed");
        assert_ne!(answer.header("allow"), "", "{method} {path}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn every_answer_has_an_id_of_the_server_and_beside_it_a_valid_one_of_the_caller() {
    let app = TestApp::start().await;
    let ids_for = async |given: &str| {
        let answer = app.send(Method::GET, "/nothing", "", &[("x-request-id", given)], None).await;
        assert_eq!(answer.body["instance"], answer.header("x-request-id"));
        assert!(answer.header("x-request-id").len() == 36 && answer.header("x-request-id") != given);
        answer.header("x-client-request-id").to_owned()
    };
    let longest = "x".repeat(64);
    for good in ["abc-123", longest.as_str()] {
        assert_eq!(ids_for(good).await, good);
    }
    let too_long = "x".repeat(65);
    for bad in ["two words", "", too_long.as_str(), "}:_ERROR_forged{status=200"] {
        assert_eq!(ids_for(bad).await, "");
    }
    let (one, two) = (app.get("/healthz", "").await, app.get("/healthz", "").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    app.finish().await;
}

#[actix_web::test]
async fn healthz_and_readyz_report_the_state_of_the_process() {
    let app = TestApp::start().await;
    for (path, status) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let answer = app.get(path, "").await.expect(200);
        assert_eq!(answer.body, json!({"status": status}));
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    }
    // If the store of an owner fails, the process is not ready but still healthy.
    app.faults.plan("goods.apply", tradepost::actor::fault::Fault::Error, 0, 1);
    let body = json!({"goods_name": "x", "goods_number": 1, "goods_price": "1.00"});
    app.post("/admin/goods", &app.admin().await, body.clone()).await.expect_problem(503, "busy");
    app.get("/readyz", "").await.expect_problem(503, "not_ready");
    app.get("/healthz", "").await.expect(200);
    app.post("/admin/goods", &app.admin().await, body).await.expect(201);
    assert_eq!(app.get("/readyz", "").await.expect(200).body["errors"], Value::Null);
    app.finish().await;
}
