//! Tests of the routes without running actors: a request that passes all checks is answered 503.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context};
use actix_web::App;
use actix_web::dev::Service;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::web::{self, Bytes};
use serde_json::Value;

use super::admin::auditor::Auditor;
use super::middleware;
use super::middleware::admission::AdmissionControl;
use super::route;
use super::security::first_passwords::FirstPasswords;
use super::security::password::Passwords;
use super::security::seal::Seals;
use super::security::second_factor::factors::SecondFactors;
use super::security::session::Sessions;
use super::security::token::{Caller, Tokens};
use super::state::{Coordinator, State};
use crate::coordinator;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::{IdGenerator, NodeId, UserId};
use crate::domain::quantity::StockShown;
use crate::domain::status::Role;
use crate::domain::webhook::UrlRules;
use crate::gateway::Gateways;
use crate::metrics::{LastAudit, Sampler, Sources};
use crate::node::Node;
use crate::payments::platform::all::Platforms;
use crate::trace::Tracer;
use crate::user::message::AccountState;
use crate::webhook::handle::Webhooks;
use crate::webhook::secret::Secrets;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const HOUR: Duration = Duration::from_secs(3600);

/// The address of an actor that does not run.
fn dead_address<A: Actor<Context = Context<A>>>() -> Addr<A> {
    Context::new().address()
}

/// A state without running actors.
pub fn state() -> State {
    let (clock, sessions) = (Clock::default(), Arc::new(Sessions::default()));
    for role in [Role::Admin, Role::Customer] {
        let (user_id, token_epoch) = (user(role), Timestamp(0));
        let (role_by, disable_time, second_factor_time) = (None, None, None);
        sessions.learn(AccountState {
            user_id,
            user_role: role,
            role_by,
            disable_time,
            token_epoch,
            second_factor_time,
        });
    }
    let sources = Arc::new(Sources::without_actors(&clock));
    State {
        owners: coordinator::Owners {
            coupon: dead_address().into(),
            goods: dead_address().into(),
            user: dead_address().into(),
            order: dead_address().into(),
            pay: dead_address().into(),
        },
        payments: dead_address().into(),
        cors_origins: crate::domain::origin::Origins::default(),
        return_origins: crate::domain::origin::Origins::default(),
        auditor: Auditor::new(|_| Err("there are no stores".to_owned()), LastAudit::default()),
        sampler: Sampler::new(Arc::clone(&sources)),
        sources,
        metrics_access: super::security::metrics_access::MetricsAccess::default(),
        gateways: Gateways::default(),
        statements: std::collections::HashMap::new(),
        reconciling: crate::http::admin::turn::Turn::default(),
        platforms: Platforms::new(Gateways::default(), &Clock::default()),
        webhooks: Webhooks {
            sender: dead_address(),
            secrets: Arc::new(Secrets::new(SECRET, None)),
            rules: UrlRules { allow_http: false, allow_private: false },
            counts: Arc::default(),
            old_secret_for: HOUR,
        },
        node: Node::alone(NodeId::default()),
        ids: Arc::new(IdGenerator::new(clock.clone(), NodeId::try_from(0).unwrap())),
        seals: Seals::new(SECRET),
        engine: "sqlite",
        settings: Vec::new(),
        public_url: String::new(),
        tokens: Tokens::new(SECRET, clock.clone(), HOUR),
        passwords: Passwords::new(1).unwrap(),
        second_factors: SecondFactors::new(SECRET, None, false, ""),
        admin: user(Role::Admin),
        sessions,
        pay_pages: crate::gateway::ticket::PayPages::new(SECRET, None),
        first_passwords: FirstPasswords::in_folder(Path::new("/nowhere")),
        health: Vec::new(),
        horizons: crate::config::read("", Vec::new()).unwrap().horizons(),
        outboxes: Vec::new(),
        started: clock.now(),
        stock_shown: StockShown::Exact,
        admission: AdmissionControl::new(1, 0, Duration::ZERO),
        limits: crate::http::limit::Limits::none(),
        connections: Vec::new(),
        trusted_proxies: crate::domain::network::TrustedProxies::default(),
        body_within: Duration::from_secs(1),
        start_within: HOUR,
        request_within: Duration::from_secs(12),
        tracer: Tracer::default(),
        clock,
    }
}

/// Sends `req`; returns status, headers and body of the response.
async fn ask(state: &web::Data<State>, req: TestRequest) -> (u16, HeaderMap, Bytes) {
    let app = App::new().wrap(from_fn(middleware::around)).app_data(state.clone());
    let app = app.app_data(Coordinator::new(dead_address().into()));
    let app = init_service(app.configure(route::public).configure(route::admin)).await;
    let response = app.call(req.to_request()).await.unwrap();
    (response.status().as_u16(), response.headers().clone(), read_body(response).await)
}

/// The user of the tests with this role.
const fn user(role: Role) -> UserId {
    match role {
        Role::Admin => UserId::new(7),
        Role::Customer => UserId::new(8),
    }
}

fn bearer(role: Role) -> String {
    let caller = Caller { user_id: user(role), role, epoch: Timestamp(0) };
    format!("Bearer {}", Tokens::new(SECRET, Clock::default(), HOUR).issue(caller).unwrap())
}

fn request(method: &str, path: &str, body: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(method.parse().unwrap())
        .insert_header(("Content-Type", "application/json"))
        .insert_header(("Idempotency-Key", "k"))
        .set_payload(body.to_owned())
}

/// Routes by the caller they need: method, path, a valid body.
const FOR_CUSTOMERS: [(&str, &str, &str); 19] = [
    ("POST", "/v1/users/me/password", r#"{"old_password":"12345678","new_password":"a good password"}"#),
    ("GET", "/v1/users/me/second-factor", ""),
    ("POST", "/v1/users/me/second-factor/remove", r#"{"user_password":"12345678","one_time_code":"123456"}"#),
    ("DELETE", "/v1/sessions", ""),
    ("DELETE", "/v1/sessions/current", ""),
    ("GET", "/v1/users/me", ""),
    ("GET", "/v1/orders", ""),
    ("POST", "/v1/orders", r#"{"goods":[{"goods_id":"1","goods_number":1}],"address":"a","consignee":"b"}"#),
    ("GET", "/v1/orders/1", ""),
    ("GET", "/v1/users/me/coupons", ""),
    ("GET", "/v1/users/me/money-log", ""),
    ("GET", "/v1/users/me/score-log", ""),
    ("GET", "/v1/orders/1/events", ""),
    ("POST", "/v1/orders/1/cancel", ""),
    ("POST", "/v1/orders/1/receive", "{}"),
    ("GET", "/v1/orders/1/refunds", ""),
    ("POST", "/v1/orders/1/refund", "{}"),
    ("POST", "/v1/payments", r#"{"order_id":"1","provider":"sandbox"}"#),
    ("GET", "/v1/payments/1", ""),
];
const FOR_ADMINS: [(&str, &str, &str); 46] = [
    ("GET", "/admin/webhooks", ""),
    ("POST", "/admin/webhooks", r#"{"url":"https://example.com/hook"}"#),
    ("GET", "/admin/webhooks/1", ""),
    ("PATCH", "/admin/webhooks/1", r#"{"enabled":false}"#),
    ("DELETE", "/admin/webhooks/1", ""),
    ("POST", "/admin/webhooks/1/rotate-secret", ""),
    ("POST", "/admin/webhooks/1/test", ""),
    ("GET", "/admin/webhooks/1/deliveries", ""),
    ("POST", "/admin/webhooks/1/replay", r#"{"since":"2026-11-28T00:00:00Z"}"#),
    ("POST", "/admin/webhook-deliveries/1/replay", ""),
    ("GET", "/admin/webhooks/1/deliveries?status=failed", ""),
    ("GET", "/v1/events", ""),
    ("POST", "/admin/users/1/role", r#"{"user_role":"admin","reason":"a"}"#),
    ("POST", "/admin/users/1/disable", r#"{"reason":"a"}"#),
    ("POST", "/admin/users/1/enable", r#"{"reason":"a"}"#),
    ("POST", "/admin/users/1/sign-out", r#"{"reason":"a"}"#),
    ("POST", "/admin/users/1/remove-second-factor", r#"{"reason":"a"}"#),
    ("POST", "/v1/users/me/second-factor", r#"{"user_password":"12345678"}"#),
    ("POST", "/v1/users/me/second-factor/confirm", r#"{"one_time_code":"123456"}"#),
    ("GET", "/admin/coupons", ""),
    ("GET", "/admin/api-keys", ""),
    ("POST", "/admin/api-keys", r#"{"name":"a","scopes":["orders"]}"#),
    ("POST", "/admin/api-keys/1/revoke", ""),
    ("GET", "/admin/status", ""),
    ("GET", "/admin/audit", ""),
    ("GET", "/admin/users", ""),
    ("GET", "/admin/orders", ""),
    ("GET", "/admin/orders/1", ""),
    ("GET", "/admin/orders/1/events", ""),
    ("GET", "/admin/payments", ""),
    ("GET", "/admin/notices", ""),
    ("GET", "/admin/adjustments", ""),
    ("GET", "/admin/refunds", ""),
    ("GET", "/admin/refunds/1", ""),
    ("GET", "/admin/journal", ""),
    ("GET", "/admin/messages", ""),
    ("POST", "/admin/goods", r#"{"goods_name":"a","goods_number":0,"goods_price":"1"}"#),
    ("GET", "/admin/goods/1", ""),
    ("PATCH", "/admin/goods/1", "{}"),
    ("POST", "/admin/goods/1/stock", r#"{"delta":-1,"reason":"a"}"#),
    ("POST", "/admin/orders/1/ship", ""),
    ("POST", "/admin/orders/1/cancel", r#"{"reason":"a"}"#),
    ("POST", "/admin/orders/1/refund", r#"{"amount":"1.00","reason":"a"}"#),
    ("POST", "/admin/payments/1/query", ""),
    ("POST", "/admin/coupons", r#"{"user_id":"1","coupon_price":"1"}"#),
    ("POST", "/admin/users/1/balance", r#"{"delta":"-1","reason":"a"}"#),
];
const FOR_ALL: [(&str, &str, &str); 5] = [
    ("GET", "/healthz", ""),
    ("POST", "/v1/users", r#"{"user_name":"a","user_password":"12345678"}"#),
    ("POST", "/v1/sessions", r#"{"user_name":"a","user_password":"12345678"}"#),
    ("GET", "/v1/goods", ""),
    ("GET", "/v1/goods/1", ""),
];

#[actix_web::test]
async fn each_route_admits_only_the_roles_it_declares() {
    let state = web::Data::new(state());
    for (routes, for_customers, for_all) in
        [(&FOR_CUSTOMERS[..], true, false), (&FOR_ADMINS, false, false), (&FOR_ALL, true, true)]
    {
        for (method, path, body) in routes {
            for (authorization, rejection) in [
                (String::new(), (!for_all).then_some(401)),
                ("Bearer a.b.c".to_owned(), (!for_all).then_some(401)),
                (bearer(Role::Customer).replace("Bearer", "Basic"), (!for_all).then_some(401)),
                (bearer(Role::Customer), (!for_customers).then_some(403)),
                (bearer(Role::Admin), None),
            ] {
                let req = request(method, path, body).insert_header(("Authorization", authorization));
                let (status, headers, body) = ask(&state, req).await;
                match rejection {
                    Some(expected) => assert_eq!(status, expected, "{method} {path}"),
                    None => assert!(matches!(status, 200 | 503), "{method} {path}: {status} {body:?}"),
                }
                assert_eq!(headers.contains_key("www-authenticate"), status == 401, "{method} {path}");
                assert_eq!(headers.contains_key("retry-after"), status == 503, "{method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn the_caller_is_checked_before_the_body() {
    let state = web::Data::new(state());
    let (status, _, _) = ask(&state, TestRequest::post().uri("/v1/orders").set_payload("x".repeat(20 * 1024))).await;
    assert_eq!(status, 401);
}

#[actix_web::test]
async fn a_body_has_a_size_limit_and_a_content_type() {
    let state = web::Data::new(state());
    let blanks = |kib: usize, more| " ".repeat(kib * 1024 + more);
    for (path, kib) in
        [("/v1/users", 4), ("/v1/sessions", 4), ("/v1/orders", 32), ("/v1/payments", 16), ("/admin/goods", 32)]
    {
        for (more, expected) in [(0, 400), (1, 413)] {
            let req = request("POST", path, &blanks(kib, more)).insert_header(("Authorization", bearer(Role::Admin)));
            assert_eq!(ask(&state, req).await.0, expected, "{path} {more}");
        }
        let req = request("POST", path, "{}").insert_header(("Authorization", bearer(Role::Admin)));
        assert_eq!(ask(&state, req.insert_header(("Content-Type", "text/plain"))).await.0, 415, "{path}");
    }
}

#[actix_web::test]
async fn a_problem_names_the_invalid_field() {
    let state = web::Data::new(state());
    let order = FOR_CUSTOMERS[7].2;
    let key = |value: &'static str| request("POST", "/v1/orders", order).insert_header(("Idempotency-Key", value));
    for (req, expected, field) in [
        (key(""), 422, "Idempotency-Key"),
        (key("a b"), 422, "Idempotency-Key"),
        (key("k").append_header(("Idempotency-Key", "l")), 422, "Idempotency-Key"),
        (request("GET", "/v1/orders?limit=0", ""), 422, "limit"),
        (request("GET", "/v1/goods?x=1", ""), 422, "x"),
        (request("POST", "/admin/coupons", r#"{"user_id":"1","coupon_price":"0"}"#), 422, "coupon_price"),
        (request("POST", "/admin/users/1/balance", r#"{"delta":"-0","reason":"a"}"#), 422, "delta"),
        (request("GET", "/v1/orders/01", ""), 404, ""),
        (request("GET", "/v1/goods/9223372036854775808", ""), 404, ""),
        (request("POST", "/v1/payments/callbacks/unknown", "x"), 404, ""),
        (request("GET", "/v1/nothing", ""), 404, ""),
        (request("DELETE", "/v1/orders/1", ""), 405, ""),
    ] {
        let (status, headers, body) = ask(&state, req.insert_header(("Authorization", bearer(Role::Admin)))).await;
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (status, problem["errors"][0]["field"].as_str().unwrap_or_default()),
            (expected, field),
            "{problem}"
        );
        assert_eq!(headers.get("content-type").unwrap(), "application/problem+json");
        assert_eq!(problem["instance"].as_str(), headers.get("x-request-id").and_then(|id| id.to_str().ok()));
    }
}
