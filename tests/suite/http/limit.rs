//! Limits of requests: for an address, for a user, and for what a user has in progress.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;
use tradepost::http::limit::route_tree::RouteTree;
use tradepost::http::limit::table::LINES;

use super::access::declared_routes;
use crate::support::{Answer, GOODS, OrderBody, TestApp};

/// The answer to a request beyond the limit `limit`.
#[track_caller]
fn limited(answer: Answer, limit: &str) -> u64 {
    let answer = answer.expect_problem(429, "too_many_requests");
    assert_eq!(answer.body["limit"], limit, "{}", answer.text);
    answer.header("retry-after").parse().unwrap()
}

/// The routes in a file: the path in quotes after `word`, and the methods.
fn routes_of(text: &str, word: &str, prefix: &str) -> Vec<(String, String)> {
    let of_resource = |text: &str| {
        let (path, rest) = text.split_once('"').unwrap();
        let methods = rest.split(".route(").skip(1).map(|route| route.split('(').next().unwrap().to_uppercase());
        methods.map(|method| (method, format!("{prefix}{path}"))).collect::<Vec<_>>()
    };
    text.split(word).skip(1).flat_map(of_resource).collect()
}

#[test]
fn every_route_has_a_limit_in_the_table() {
    let mut declared: BTreeSet<(String, String)> = declared_routes();
    let console = include_str!("../../../src/console/route.rs");
    let (shared, pages) = console.split_once("pub fn pages").unwrap();
    declared.extend(routes_of(shared, "resource(\"", ""));
    declared.extend(routes_of(pages, "resource(\"", "/console"));
    let sandbox = routes_of(include_str!("../../../src/sandbox/http/mod.rs"), "resource(\"", "/sandbox");
    let window = routes_of(include_str!("../../../src/shop_window/route.rs"), "page(\"", "");
    for (part, routes) in [("the sandbox", &sandbox), ("the shop window", &window)] {
        assert!(routes.len() > 8, "{part}: {routes:?}");
    }
    declared.extend(sandbox.into_iter().chain(window));
    assert!(declared.len() > 160, "{}", declared.len());
    let tree = RouteTree::new(LINES);
    let without: Vec<_> = declared.iter().filter(|(method, path)| tree.find(method, path).is_none()).collect();
    assert!(without.is_empty(), "routes without a line: {without:?}");
    // A line has the template of its route, so that it is the line of this route alone.
    let has_route = |method: &str, template: &str| {
        template.ends_with("/*") || declared.contains(&(method.to_owned(), template.to_owned()))
    };
    let unused: Vec<_> = LINES.iter().filter(|(method, template, _)| !has_route(method, template)).collect();
    assert!(unused.is_empty(), "lines without a route: {unused:?}");
}

fn sign_in(name: &str) -> Value {
    json!({"user_name": name, "user_password": "a wrong password"})
}

#[actix_web::test]
async fn sign_ins_of_an_address_are_limited_and_other_requests_are_not() {
    let app = TestApp::with(&[("LIMITS__SIGN_INS_PER_ADDRESS", "3")]).await;
    for name in ["zs", "admin", "unknown"] {
        app.post("/v1/sessions", "", sign_in(name)).await.expect(401);
    }
    let wait = limited(app.post("/v1/sessions", "", sign_in("zs")).await, "sign_ins_per_address");
    assert!((15..=20).contains(&wait), "{wait}");
    app.get("/v1/goods", "").await.expect(200);
    let metrics = app.get("/metrics", "").await.expect(200).text;
    assert!(metrics.contains("tradepost_http_limited_total{limit=\"sign_ins_per_address\"} 1"), "{metrics}");
    let counted = "tradepost_http_requests_total{method=\"POST\",route=\"/v1/sessions\",status=\"4xx\"} 4";
    assert!(metrics.contains(counted), "{metrics}");
    app.finish().await;
}

#[actix_web::test]
async fn registrations_of_an_address_are_limited() {
    let app = TestApp::with(&[("LIMITS__REGISTRATIONS_PER_ADDRESS", "2")]).await;
    let body = |n: usize| json!({"user_name": format!("user-{n}"), "user_password": "a good password"});
    for n in 0..2 {
        app.post("/v1/users", "", body(n)).await.expect(201);
    }
    let wait = limited(app.post("/v1/users", "", body(2)).await, "registrations_per_address");
    assert!((1700..=1800).contains(&wait), "{wait}");
    app.finish().await;
}

#[actix_web::test]
async fn a_taken_name_costs_no_hash() {
    // The only place for a hash is taken for as long as the test wants.
    let app = TestApp::start().await;
    let body = json!({"user_name": "zs", "user_password": "a good password"});
    let started = Instant::now();
    let taken = join_all((0..64).map(|_| app.post("/v1/users", "", body.clone()))).await;
    taken.into_iter().for_each(|answer| drop(answer.expect_problem(409, "user_name_taken")));
    // 64 at once are more than may wait for a hash, so with hashes some would be answered 503.
    assert!(started.elapsed() < Duration::from_secs(20));
    app.finish().await;
}

#[actix_web::test]
async fn a_forwarded_address_counts_only_from_a_proxy_and_only_the_last_that_is_none() {
    let from = |app: &TestApp, forwarded: &'static [&'static str]| {
        let url = app.url();
        let client = awc::Client::default();
        async move {
            let mut request = client.get(format!("{url}/v1/goods"));
            for value in forwarded {
                request = request.append_header(("X-Forwarded-For", *value));
            }
            request.send().await.unwrap().status().as_u16()
        }
    };
    let limit = ("LIMITS__REQUESTS_PER_ADDRESS", "1");
    let app = TestApp::with(&[limit]).await;
    assert_eq!(from(&app, &["203.0.113.1"]).await, 200);
    assert_eq!(
        from(&app, &["203.0.113.2"]).await,
        429,
        "no proxy is trusted, so the address is that of the connection"
    );
    app.finish().await;
    let app = TestApp::with(&[limit, ("HTTP__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")]).await;
    for (forwarded, status) in [
        (&["203.0.113.1"][..], 200),
        (&["203.0.113.1"], 429),
        (&["203.0.113.2"], 200),
        // The client writes what it likes, the proxies add to the right of it.
        (&["198.51.100.9, 203.0.113.2"], 429),
        (&["198.51.100.9", "203.0.113.2, 10.1.2.3"], 429),
        (&["203.0.113.2, 203.0.113.3"], 200),
        (&["2001:db8:1:2::1"], 200),
        (&["2001:db8:1:2:ffff::9"], 429),
        (&["2001:db8:1:3::1"], 200),
        // Without a readable address, it is that of the proxy.
        (&["unknown"], 200),
        (&["203.0.113.99, unknown"], 429),
        (&[], 429),
    ] {
        assert_eq!(from(&app, forwarded).await, status, "{forwarded:?}");
    }
    app.finish().await;
    let exempt = ("LIMITS__EXEMPT", "127.0.0.0/8");
    let app = TestApp::with(&[limit, exempt]).await;
    for _ in 0..5 {
        assert_eq!(from(&app, &[]).await, 200);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_path_that_is_written_in_another_way_has_no_other_limit() {
    let app = TestApp::with(&[("LIMITS__REQUESTS_PER_ADDRESS", "1"), ("LIMITS__ORDERS_PER_USER", "1")]).await;
    app.get("/nothing", "").await.expect(404);
    for path in ["/v1/g%6Fods", "/%76%31/goods", "/v1/goods", "/other"] {
        limited(app.fetch(Method::GET, path, &[], Vec::new()).await, "requests_per_address");
    }
    app.finish().await;
}

#[actix_web::test]
async fn orders_of_a_user_are_limited_before_anything_is_stored() {
    let app = TestApp::with(&[("LIMITS__ORDERS_PER_USER", "3")]).await;
    let (zs, (_, poor)) = (app.zs().await, app.customer("poor", "0.00").await);
    // An order that is refused counts like any other: its refusal is stored.
    let refused = OrderBody::of(GOODS, 1).with("money_paid", json!("1.00"));
    for n in 0..3 {
        app.order(&poor, &format!("k{n}"), &refused).await.expect_problem(409, "insufficient_balance");
    }
    for n in 3..10 {
        limited(app.order(&poor, &format!("k{n}"), &refused).await, "orders_per_user");
    }
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 3);
    app.order(&zs, "one", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.get("/v1/orders", &poor).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn payments_and_other_requests_of_a_user_are_limited() {
    let app = TestApp::with(&[("LIMITS__PAYMENTS_PER_USER", "1"), ("LIMITS__REQUESTS_PER_USER", "2")]).await;
    let (zs, order_id, _) = app.paying().await;
    limited(app.pay(&zs, "again", &order_id).await, "payments_per_user");
    for _ in 0..2 {
        app.get("/v1/orders", &zs).await.expect(200);
    }
    limited(app.get("/v1/users/me", &zs).await, "requests_per_user");
    app.get("/v1/goods", &zs).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_user_has_few_orders_in_progress_and_keeps_no_other_out() {
    let settings =
        [("HTTP__IN_FLIGHT_MAX", "4"), ("HTTP__IN_FLIGHT_PER_USER_MAX", "2"), ("HTTP__ADMIT_WITHIN", "20ms")];
    let app = TestApp::with(&settings).await;
    let (zs, (_, other)) = (app.zs().await, app.customer("another", "0.00").await);
    app.faults.plan("goods.before_commit", Fault::Delay(Duration::from_secs(1)), 0, 1);
    let order_body = OrderBody::of(GOODS, 1);
    let keys: Vec<String> = (0..12).map(|n| format!("k{n}")).collect();
    let many = join_all(keys.iter().map(|key| app.order(&zs, key, &order_body)));
    let one = async {
        actix_web::rt::time::sleep(Duration::from_millis(300)).await;
        app.order(&other, "honest", &order_body).await.expect(201);
    };
    let (answers, ()) = futures_util::future::join(many, one).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 2, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!(limited(answer, "in_flight_per_user_max"), 1);
    }
    app.order(&zs, "k0", &order_body).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn refusals_beyond_the_limit_are_answered_late() {
    let app = TestApp::with(&[("LIMITS__REFUSALS_PER_ADDRESS", "20")]).await;
    let ask = async |number: usize| {
        let started = Instant::now();
        for _ in 0..number {
            app.get("/v1/orders", "garbage").await.expect(401);
        }
        started.elapsed()
    };
    ask(20).await;
    assert!(ask(8).await > Duration::from_millis(8 * 250 - 500));
    app.finish().await;
}
