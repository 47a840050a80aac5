//! API keys of the shop's own server, and the customers for whom it acts.

use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, OrderBody, TestApp};

const KEYS: &str = "/admin/api-keys";
const HEADER: &str = "tradepost-customer";

/// A server of the shop, which acts for one of its customers.
struct Server<'a> {
    app: &'a TestApp,
    key: String,
    customer: &'static str,
}

impl Server<'_> {
    async fn send(&self, method: Method, path: &str, more: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let headers = [&[(HEADER, self.customer)], more].concat();
        self.app.send(method, path, &self.key, &headers, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
    }

    async fn id(&self) -> String {
        self.get("/v1/users/me").await.expect(200).text_of("user_id")
    }

    /// The same server, which acts for another customer.
    fn acting_for(&self, customer: &'static str) -> Self {
        Self { app: self.app, key: self.key.clone(), customer }
    }
}

/// Creates a key; returns the answer.
async fn create(app: &TestApp, name: &str, scopes: &[&str]) -> Answer {
    let body = json!({"name": name, "scopes": scopes});
    app.post(KEYS, &app.admin().await, body).await.expect(201)
}

/// A server with the scope `orders` that acts for the customer `ann`.
async fn server(app: &TestApp) -> Server<'_> {
    Server { app, key: create(app, "front", &["orders"]).await.text_of("key"), customer: "ann" }
}

/// The code of the only error of a problem.
#[track_caller]
fn error(answer: &Answer, status: u16, field: &str) -> String {
    let errors = answer.body["errors"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    assert_eq!((answer.status, errors.len(), errors[0]["field"].as_str()), (status, 1, Some(field)), "{}", answer.text);
    errors[0]["code"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_server_orders_pays_and_refunds_for_a_customer_without_a_password() {
    let app = TestApp::start().await;
    let goods_id = app.goods(10, "60.00").await;
    let ann = server(&app).await;
    let me = ann.get("/v1/users/me").await.expect(200).body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("0.00"), &json!(0)));
    let order_body = OrderBody::of(&goods_id, 2).0;
    ann.post("/v1/quotes", "unused", &order_body).await.expect(200);
    let order = ann.post("/v1/orders", "order", &order_body).await.expect(201);
    assert_eq!(order.body["user_id"], me["user_id"]);
    let order_id = order.text_of("order_id");
    assert_eq!(ann.post("/v1/orders", "order", &order_body).await.expect(201).text_of("order_id"), order_id);
    let payment = json!({"order_id": order_id, "provider": "sandbox"});
    let pay_id = ann.post("/v1/payments", "pay", &payment).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(ann.get("/v1/users/me").await.expect(200).body["user_score"], 120);
    ann.post(&format!("/v1/orders/{order_id}/refund"), "refund", &json!({})).await.expect(202);
    app.settle().await;
    let order = ann.get(&format!("/v1/orders/{order_id}")).await.expect(200).body;
    assert_eq!((order["order_status"].as_str(), app.stock(&goods_id).await), (Some("refunded"), 10));
    let events = ann.get(&format!("/v1/orders/{order_id}/events")).await.expect(200).body;
    assert!(events["items"].as_array().unwrap().len() > 3);

    let user = app.get(&format!("/admin/users/{}", ann.id().await), &app.admin().await).await.expect(200).body;
    assert_eq!(user["known_as"], json!({"key_name": "front", "reference": "ann"}));
    let name = user["user_name"].as_str().unwrap();
    for password in ["a good password", "        "] {
        let body = json!({"user_name": name, "user_password": password});
        app.post("/v1/sessions", "", body).await.expect_problem(422, "invalid_request");
    }
    app.finish().await;
}

#[actix_web::test]
async fn each_reference_is_one_customer_and_another_customers_orders_do_not_exist() {
    let app = TestApp::start().await;
    let goods_id = app.goods(10, "5.00").await;
    let ann = server(&app).await;
    let bob = ann.acting_for("bob");
    let order_body = OrderBody::of(&goods_id, 1).0;
    let order_id = ann.post("/v1/orders", "same", &order_body).await.expect(201).text_of("order_id");
    let other = bob.post("/v1/orders", "same", &order_body).await.expect(201).text_of("order_id");
    assert_ne!(order_id, other, "each customer has keys of their own");
    for path in [format!("/v1/orders/{order_id}"), format!("/v1/orders/{order_id}/payments")] {
        ann.get(&path).await.expect(200);
        bob.get(&path).await.expect_problem(404, "not_found");
        app.get(&path, &app.zs().await).await.expect_problem(404, "not_found");
    }
    let payment = json!({"order_id": order_id, "provider": "sandbox"});
    assert_eq!(bob.post("/v1/payments", "pay", &payment).await.status, 404);
    bob.send(Method::POST, &format!("/v1/orders/{order_id}/cancel"), &[], None).await.expect_problem(404, "not_found");
    assert_eq!(bob.get("/v1/orders").await.expect(200).body["items"].as_array().unwrap().len(), 1);

    // A new key with the same name knows the same customers; one with another name does not.
    let rolled = Server { key: create(&app, "front", &["orders"]).await.text_of("key"), ..ann.acting_for("ann") };
    let elsewhere = Server { key: create(&app, "kiosk", &["orders"]).await.text_of("key"), ..ann.acting_for("ann") };
    assert_eq!(rolled.id().await, ann.id().await);
    assert_ne!(elsewhere.id().await, ann.id().await);
    assert_ne!(ann.acting_for("Ann").id().await, ann.id().await, "references are case-sensitive");
    elsewhere.get(&format!("/v1/orders/{order_id}")).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn first_uses_at_once_open_one_account() {
    let app = TestApp::with(&[("STORE__WRITERS", "8"), ("OWNERS__BATCH_MAX", "1")]).await;
    let ann = server(&app).await;
    let before = app.number("user", "SELECT count(*) AS n FROM users");
    let ids = join_all((0..24).map(|n| {
        let server = ann.acting_for(["ann", "bob"][n % 2]);
        async move { server.id().await }
    }))
    .await;
    for customer in 0..2 {
        assert!(ids.iter().skip(customer).step_by(2).all(|id| *id == ids[customer]), "{ids:?}");
    }
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM users"), before + 2);
    app.finish().await;
}

#[actix_web::test]
async fn a_request_without_a_customer_or_without_the_scope_is_refused() {
    let app = TestApp::start().await;
    let ann = server(&app).await;
    let goods_id = app.goods(10, "5.00").await;
    let (zs, before) = (app.zs().await, app.rows());
    error(&app.get("/v1/users/me", &ann.key).await, 422, "Tradepost-Customer");
    let too_long = "x".repeat(129);
    for bad in ["", "a b", too_long.as_str()] {
        let headers = [(HEADER, bad)];
        let refused = app.send(Method::GET, "/v1/users/me", &ann.key, &headers, None).await;
        assert_eq!(error(&refused, 422, "Tradepost-Customer"), "invalid_value");
    }
    let both = [("authorization", format!("Bearer {}", ann.key)), (HEADER, "a".to_owned()), (HEADER, "b".to_owned())];
    let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = app.send_raw(Method::GET, "/v1/users/me", &both, Vec::new()).await;
    assert_eq!(error(&refused, 422, "Tradepost-Customer"), "duplicate_field");
    let refused = app.send(Method::GET, "/v1/users/me", &zs, &[(HEADER, "ann")], None).await;
    assert_eq!(error(&refused, 422, "Tradepost-Customer"), "unknown_field");
    for path in ["/admin/users", "/admin/status", KEYS] {
        ann.get(path).await.expect_problem(403, "forbidden");
    }
    assert_eq!(app.rows(), before);

    let reader = Server { key: create(&app, "reader", &["catalog"]).await.text_of("key"), ..ann.acting_for("ann") };
    let before = app.rows();
    let refused = reader.get("/v1/orders").await;
    assert_eq!(error(&refused, 403, "Authorization"), "scope_missing");
    assert_eq!(refused.body["errors"][0]["scope"], "orders");
    let quote = OrderBody::of(&goods_id, 1).0;
    assert_eq!(error(&reader.post("/v1/quotes", "unused", &quote).await, 403, "Authorization"), "scope_missing");
    app.post("/v1/quotes", &reader.key, quote.clone()).await.expect(200);
    app.post("/v1/quotes", &ann.key, quote.clone()).await.expect(200);
    let mut with_balance = quote;
    with_balance["money_paid"] = json!("1.00");
    app.post("/v1/quotes", &reader.key, with_balance).await.expect_problem(401, "unauthenticated");
    app.get("/v1/goods", &reader.key).await.expect(200);
    assert_eq!(app.rows(), before);
    app.finish().await;
}

#[actix_web::test]
async fn a_key_is_shown_once_listed_and_refused_as_soon_as_it_is_revoked() {
    let mut app = TestApp::start().await;
    let admin = app.admin().await;
    let created = create(&app, "front", &["orders", "catalog"]).await;
    let (key, id) = (created.text_of("key"), created.text_of("api_key_id"));
    assert!(key.starts_with(&created.text_of("prefix")) && key.len() == 81, "{key}");
    let listed = app.get(KEYS, &admin).await.expect(200);
    let mut expected = created.body.clone();
    expected.as_object_mut().unwrap().remove("key");
    assert_eq!(listed.body["items"], json!([expected]));
    assert!(!listed.text.contains(&key));
    let stored = "SELECT count(*) AS n FROM api_key WHERE key_hash LIKE";
    assert_eq!(app.number("user", &format!("{stored} '%{}%'", &key[17..])), 0, "only the hash is stored");

    let me =
        async |app: &TestApp, key: &str| app.send(Method::GET, "/v1/users/me", key, &[(HEADER, "ann")], None).await;
    let user_id = me(&app, &key).await.expect(200).text_of("user_id");
    let use_time = |listed: Answer| listed.body["items"][0]["use_time"].clone();
    let first_use = use_time(app.get(KEYS, &admin).await);
    assert_ne!(first_use, Value::Null);
    app.clock.advance(Duration::from_secs(1800));
    me(&app, &key).await.expect(200);
    assert_eq!(use_time(app.get(KEYS, &admin).await), first_use, "exact to the hour");
    app.clock.advance(Duration::from_secs(1801));
    me(&app, &key).await.expect(200);
    assert_ne!(use_time(app.get(KEYS, &admin).await), first_use);
    app.restart().await;
    assert_eq!(me(&app, &key).await.expect(200).text_of("user_id"), user_id);

    let mut other = key.clone();
    other.replace_range(80.., if key.ends_with('0') { "1" } else { "0" });
    let unknown = format!("tpk_000000000000{}", &key[16..]);
    for wrong in [other.as_str(), &unknown, &key[..80], "tpk_"] {
        let refused = me(&app, wrong).await.expect_problem(401, "unauthenticated");
        assert_eq!(error(&refused, 401, "Authorization"), "token_invalid", "{wrong}");
    }
    let revoke = format!("{KEYS}/{id}/revoke");
    let revoked = app.post(&revoke, &admin, json!({})).await.expect(200).body;
    assert_ne!(revoked["revoke_time"], Value::Null);
    let refused = me(&app, &key).await.expect_problem(401, "unauthenticated");
    assert_eq!(error(&refused, 401, "Authorization"), "token_invalid");
    app.clock.advance(Duration::from_secs(1));
    let again = app.post(&revoke, &admin, json!({})).await.expect(200).body;
    assert_eq!(again["revoke_time"], revoked["revoke_time"]);
    app.post(&format!("{KEYS}/1/revoke"), &admin, json!({})).await.expect_problem(404, "not_found");
    let journal = app.get("/admin/journal", &admin).await.expect(200).body;
    let acts: Vec<(&str, &Value)> = journal["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| (act["act"].as_str().unwrap(), &act["subject"]))
        .collect();
    let subject = json!({"kind": "api_key", "id": id});
    assert_eq!(acts, [("api_key_revoked", &subject), ("api_key_created", &subject)]);
    app.finish().await;
}

#[actix_web::test]
async fn a_creation_that_is_sent_again_creates_nothing_and_does_not_show_the_key() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let send = async |body: Value| app.send(Method::POST, KEYS, &admin, &[("idempotency-key", "k")], Some(&body)).await;
    let body = json!({"name": "front", "scopes": ["orders"]});
    let first = send(body.clone()).await.expect(201);
    let again = send(body).await.expect(201);
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_eq!(
        (again.body["api_key_id"].clone(), &again.body["key"]),
        (first.body["api_key_id"].clone(), &Value::Null)
    );
    send(json!({"name": "other", "scopes": ["orders"]})).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM api_key"), 1);
    app.finish().await;
}

/// A scope that is listed twice would be a set of one, which the document of the interface excludes.
#[actix_web::test]
async fn a_scope_is_listed_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = app.rows();
    for scopes in [&["orders", "orders"][..], &["catalog", "orders", "catalog"], &[]] {
        let body = json!({"name": "front", "scopes": scopes});
        let answer = app.post("/admin/api-keys", &admin, body).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], "scopes", "{scopes:?}");
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}
