//! Access to every page of the console.

use std::collections::BTreeSet;

use awc::http::Method;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::identity::SESSION_SECRET;

/// Visitors that a page admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    Operator,
}

/// Every route: method, an example path, and the visitors it admits.
const ROUTES: &[(&str, &str, For)] = &[
    ("GET", "/assets/1", For::All),
    ("GET", "/language/1", For::All),
    ("GET", "/console", For::Operator),
    ("GET", "/console/sign-in", For::All),
    ("POST", "/console/sign-in", For::All),
    ("POST", "/console/sign-out", For::All),
    ("POST", "/console/act", For::Operator),
    ("GET", "/console/live", For::Operator),
    ("GET", "/console/overview", For::Operator),
    ("GET", "/console/actors", For::Operator),
    ("GET", "/console/actors/samples", For::Operator),
    ("GET", "/console/messages", For::Operator),
    ("POST", "/console/messages/replay", For::Operator),
    ("GET", "/console/sagas", For::Operator),
    ("GET", "/console/audit", For::Operator),
    ("POST", "/console/audit", For::Operator),
    ("GET", "/console/orders", For::Operator),
    ("GET", "/console/orders.csv", For::Operator),
    ("GET", "/console/orders/1", For::Operator),
    ("POST", "/console/orders/1/ship", For::Operator),
    ("POST", "/console/orders/1/cancel", For::Operator),
    ("POST", "/console/orders/1/refund", For::Operator),
    ("GET", "/console/payments", For::Operator),
    ("GET", "/console/payments.csv", For::Operator),
    ("GET", "/console/payments/1", For::Operator),
    ("POST", "/console/payments/1/query", For::Operator),
    ("GET", "/console/refunds", For::Operator),
    ("GET", "/console/refunds.csv", For::Operator),
    ("GET", "/console/refunds/1", For::Operator),
    ("GET", "/console/notices", For::Operator),
    ("GET", "/console/notices/1", For::Operator),
    ("POST", "/console/notices/1", For::Operator),
    ("GET", "/console/goods", For::Operator),
    ("POST", "/console/goods", For::Operator),
    ("GET", "/console/goods.csv", For::Operator),
    ("GET", "/console/goods/1", For::Operator),
    ("POST", "/console/goods/1/change", For::Operator),
    ("POST", "/console/goods/1/stock", For::Operator),
    ("GET", "/console/coupons", For::Operator),
    ("POST", "/console/coupons", For::Operator),
    ("GET", "/console/customers", For::Operator),
    ("GET", "/console/customers.csv", For::Operator),
    ("GET", "/console/customers/1", For::Operator),
    ("POST", "/console/customers/1/balance", For::Operator),
    ("POST", "/console/customers/1/account", For::Operator),
    ("GET", "/console/journal", For::Operator),
    ("GET", "/console/journal.csv", For::Operator),
    ("GET", "/console/reconcile", For::Operator),
    ("POST", "/console/reconcile", For::Operator),
    ("GET", "/console/nodes", For::Operator),
    ("GET", "/console/settings", For::Operator),
    ("GET", "/console/api-keys", For::Operator),
    ("POST", "/console/api-keys", For::Operator),
    ("POST", "/console/api-keys/1/revoke", For::Operator),
    ("GET", "/console/webhooks", For::Operator),
    ("GET", "/console/webhooks/1", For::Operator),
    ("POST", "/console/webhooks/1/test", For::Operator),
    ("POST", "/console/webhooks/1/enable", For::Operator),
    ("POST", "/console/webhooks/1/disable", For::Operator),
    ("GET", "/console/second-factor", For::Operator),
    ("POST", "/console/second-factor/enrol", For::Operator),
    ("POST", "/console/second-factor/confirm", For::Operator),
    ("POST", "/console/second-factor/remove", For::Operator),
    ("GET", "/console/search", For::Operator),
];

/// The routes in `src/console/route.rs`: method and path.
fn declared_routes() -> BTreeSet<(String, String)> {
    let text = include_str!("../../../src/console/route.rs");
    let (shared, pages) = text.split_once("scope(\"/console\")").unwrap();
    let of_resource = |prefix: &str, text: &str| {
        let (path, rest) = text.split_once('"').unwrap();
        let methods = rest.split(".route(").skip(1).map(|route| route.split('(').next().unwrap().to_uppercase());
        methods.map(|method| (method, format!("{prefix}{path}"))).collect::<Vec<_>>()
    };
    let of = |prefix: &'static str, text: &str| {
        let found = text.split("resource(\"").skip(1).flat_map(|text| of_resource(prefix, text));
        found.collect::<Vec<_>>()
    };
    of("", shared).into_iter().chain(of("/console", pages)).collect()
}

#[test]
fn every_page_has_a_line_in_the_table() {
    let listed = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let example = |path: String| ["{id}", "{file}", "{code}"].iter().fold(path, |path, name| path.replace(name, "1"));
    let declared: BTreeSet<_> = declared_routes().into_iter().map(|(method, path)| (method, example(path))).collect();
    assert_eq!(declared, listed, "left: src/console/route.rs, right: the table");
}

#[actix_web::test]
async fn every_page_admits_only_its_visitors() {
    let app = TestApp::with(&[SESSION_SECRET]).await;
    let (customer, admin) = (app.zs().await, app.admin().await);
    let refused = app.refused_tokens().await.into_iter();
    let mut cookies: Vec<_> =
        refused.map(|(name, token)| (name, "cookie", format!("tradepost_console={token}"))).collect();
    // The header of the API, which pages do not read, the cookie of the shop, and two sessions at once.
    cookies.push(("none", "x-none", String::new()));
    cookies.push(("in the header", "authorization", format!("Bearer {admin}")));
    cookies.push(("in the cookie of the shop", "cookie", format!("tradepost_shop={admin}")));
    cookies.push(("twice", "cookie", format!("tradepost_console={admin}; tradepost_console={customer}")));
    let mut operator = Browser::operator(&app).await;
    let before = app.rows();
    let origin = app.url();
    let send = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        let form = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let headers = [&form[..], headers].concat();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        app.fetch(method, path, &headers, Vec::new()).await
    };
    for &(method, path, visitors) in ROUTES.iter().filter(|(_, _, visitors)| *visitors == For::Operator) {
        for (token, header, value) in &cookies {
            let call = format!("{method} {path} {visitors:?} with the token {token}");
            let answer = send(method, path, &[(header, value.as_str())]).await;
            match method {
                "GET" => {
                    assert_eq!(answer.status, 303, "{call}");
                    assert!(answer.header("location").starts_with("/console/sign-in?next=%2Fconsole"), "{call}");
                }
                _ => assert_eq!(answer.status, 401, "{call}"),
            }
        }
        let answer = send(method, path, &[("cookie", &format!("tradepost_console={customer}"))]).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{method} {path}");
    }
    for &(method, path, _) in ROUTES.iter().filter(|(_, path, _)| *path != "/console/sign-out") {
        let answer = match method {
            "GET" => operator.get(path).await,
            _ => operator.post(path, &[]).await,
        };
        assert!(answer.status < 500 && answer.status != 401, "{method} {path}: {}", answer.text);
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}

#[actix_web::test]
async fn a_form_of_another_origin_changes_nothing() {
    let app = TestApp::start().await;
    let mut operator = Browser::operator(&app).await;
    for &(_, path, _) in ROUTES.iter().filter(|(method, _, _)| *method == "POST") {
        for origin in ["https://evil.example", "null", ""] {
            let answer = operator.post_from(origin, path, &[]).await;
            assert_eq!(answer.status, 403, "{path} {origin}: {}", answer.text);
            assert!(answer.text.contains("does not come from a page of this server"), "{}", answer.text);
            assert_eq!(answer.header("set-cookie"), "");
        }
    }
    operator.headers.push(("sec-fetch-site", "cross-site".to_owned()));
    assert_eq!(operator.post("/console/sign-out", &[]).await.status, 403);
    operator.headers.clear();
    assert_eq!(operator.get("/console/orders").await.status, 200, "the session goes on");
    app.finish().await;
}

#[actix_web::test]
async fn the_console_is_only_on_the_listener_of_administrators() {
    let app = TestApp::with(&[("ADMIN__LISTEN", "127.0.0.1:0")]).await;
    let answer = app.fetch(Method::GET, "/console/sign-in", &[], Vec::new()).await;
    assert_eq!(answer.status, 404, "{}", answer.text);
    app.finish().await;
}
