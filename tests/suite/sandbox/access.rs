//! Access to the routes of the sandbox, where anyone is the platform. So they exist only where the sandbox does.

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::json;

use crate::support::identity::SESSION_SECRET;
use crate::support::{Production, TestApp};

/// Every route: method and path. `{ticket}` cannot be guessed, `{out_trade_no}` can.
const ROUTES: &[(&str, &str)] = &[
    ("GET", "/sandbox/checkout/{ticket}"),
    ("POST", "/sandbox/checkout/{ticket}/pay"),
    ("POST", "/sandbox/checkout/{ticket}/decline"),
    ("GET", "/sandbox/trades/{out_trade_no}"),
    ("POST", "/sandbox/trades/{out_trade_no}/pay"),
    ("POST", "/sandbox/trades/{out_trade_no}/decline"),
    ("POST", "/sandbox/trades/{out_trade_no}/close"),
    ("POST", "/sandbox/trades/{out_trade_no}/refund"),
    ("GET", "/sandbox/statement"),
];

#[test]
fn every_route_has_a_line_in_the_table() {
    let text = include_str!("../../../src/sandbox/http/mod.rs");
    let of_resource = |text: &str| {
        let (path, rest) = text.split_once('"').unwrap();
        let methods = rest.split(".route(").skip(1).map(|route| route.split('(').next().unwrap().to_uppercase());
        methods.map(|method| (method, format!("/sandbox{path}"))).collect::<Vec<_>>()
    };
    let declared: BTreeSet<(String, String)> = text.split("resource(\"").skip(1).flat_map(of_resource).collect();
    let listed = ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(declared, listed, "left: src/sandbox/http/mod.rs, right: the table");
}

/// Calls every route with `token`; returns the statuses.
async fn statuses(app: &TestApp, token: &str, pay_id: &str, ticket: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (method, path) in ROUTES {
        let path = path.replace("{ticket}", ticket).replace("{out_trade_no}", pay_id);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = json!({});
        let body = (method != Method::GET).then_some(&body);
        statuses.push(app.send(method, &path, token, &[], body).await.status);
    }
    statuses
}

#[actix_web::test]
async fn every_route_answers_all_callers_alike_and_reads_no_token() {
    let app = TestApp::with(&[SESSION_SECRET]).await;
    let mut callers = app.refused_tokens().await;
    callers.extend([("none", String::new()), ("a customer", app.zs().await), ("an administrator", app.admin().await)]);
    for (name, token) in callers {
        let (_, _, pay_id) = app.paying().await;
        let checkout = app.checkout_path(&pay_id);
        let ticket = checkout.rsplit('/').next().unwrap();
        // The trade is paid at the checkout, so that it can be neither declined nor closed. A page is redirected to.
        let expected = [200, 303, 303, 200, 200, 409, 409, 422, 200];
        assert_eq!(statuses(&app, &token, &pay_id, ticket).await, expected, "with the token {name}");
    }
    app.settle().await;
    app.finish().await;
}

#[actix_web::test]
async fn no_checkout_opens_by_the_id_of_its_payment() {
    let app = TestApp::start().await;
    let (zs, _, pay_id) = app.paying().await;
    assert_eq!(statuses(&app, &zs, &pay_id, &pay_id).await[..3], [404, 404, 404]);
    app.finish().await;
}

#[actix_web::test]
async fn a_shop_without_the_sandbox_has_none_of_its_routes_also_for_an_administrator() {
    let production = Production::new();
    let settings = production.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::with(&settings).await;
    for token in [String::new(), app.admin().await] {
        assert_eq!(statuses(&app, &token, "1", "1").await, [404; 9]);
    }
    app.finish().await;
}
