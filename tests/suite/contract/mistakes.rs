//! Typical mistakes of a client's author, each with the answer of a server, which says what to change. They are recorded
//! in `docs/mistakes.md`, under the titles of its sections.

use std::fmt::Write as _;
use std::time::Duration;

use awc::http::Method;
use serde_json::json;
use tradepost::trace::TraceId;

use super::record::assert_blocks_recorded;
use crate::support::{Answer, GOODS, TestApp};

const PAGE: &str = "docs/mistakes.md";
/// Goods of the demo data of which nothing is left.
const SOLD_OUT: &str = "345959443973935105";
/// The number of an order in the page. That of a refused order differs between runs.
const ORDER_ID: &str = "384343533072416768";
/// Headers of an answer that say what to change.
const SHOWN_HEADERS: [&str; 2] = ["www-authenticate", "retry-after"];
/// Number of characters of a line.
const WIDTH: usize = 110;

/// A wrong request.
struct Mistake {
    /// Title of its section.
    title: &'static str,
    method: Method,
    path: &'static str,
    has_token: bool,
    /// The idempotency key; may be empty.
    key: &'static str,
    /// The body; may be empty.
    body: String,
}

/// A wrong request with a token.
fn mistake(title: &'static str, path: &'static str, key: &'static str, body: impl Into<String>) -> Mistake {
    Mistake { title, method: Method::POST, path, has_token: true, key, body: body.into() }
}

/// The body of an order, with a price and a further field.
fn order_of(goods_id: &str, price: &str, field: &str) -> String {
    format!(
        "{{\"goods\": [{{\"goods_id\": \"{goods_id}\", \"goods_number\": 1{price}}}],{field}\n \
         \"address\": \"1 Main Street\", \"consignee\": \"zs\"}}"
    )
}

fn mistakes() -> Vec<Mistake> {
    let old_price = order_of(GOODS, ", \"goods_price\": \"900.00\"", "");
    let wrong_sum = order_of(GOODS, ", \"goods_price\": \"1000.00\"", " \"order_amount\": \"1010.00\",");
    let payment = format!("{{\"order_id\": \"{ORDER_ID}\", \"provider\": \"sandbox\"}}");
    let list = Mistake { method: Method::GET, ..mistake("", "/v1/orders", "", "") };
    vec![
        mistake("A price that is not the current one", "/v1/orders", "order-1", old_price),
        mistake("A sum that is not the sum of the order", "/v1/orders", "order-2", wrong_sum),
        mistake("Goods that are sold out", "/v1/orders", "order-3", order_of(SOLD_OUT, "", "")),
        mistake("No idempotency key", "/v1/orders", "", order_of(GOODS, "", "")),
        mistake("The key of another request", "/v1/orders", "order-3", order_of(GOODS, "", "")),
        mistake("A body that is not JSON", "/v1/orders", "order-4", "{\"goods\": [{'goods_id': 1}]}"),
        mistake("An order that does not exist", "/v1/payments", "payment-1", payment),
        Mistake { title: "A word that does not exist", path: "/v1/orders?order_status=shipped", ..list },
        Mistake { title: "No token", has_token: false, method: Method::GET, ..mistake("", "/v1/orders", "", "") },
        Mistake { title: "A token that has expired", method: Method::GET, ..mistake("", "/v1/orders", "", "") },
    ]
}

/// Sends the request; returns the exchange as the page shows it.
async fn exchange(app: &TestApp, token: &str, wrong: &Mistake) -> (Answer, String) {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str(), wrong.has_token),
        ("Idempotency-Key", wrong.key, !wrong.key.is_empty()),
        ("Content-Type", "application/json", !wrong.body.is_empty()),
    ];
    let headers = headers.into_iter().filter(|(_, _, is_sent)| *is_sent).map(|(name, value, _)| (name, value));
    let headers: Vec<(&str, &str)> = headers.collect();
    let sent = [&headers[..], &[("X-Request-Id", "my-request")]].concat();
    let answer = app.send_raw(wrong.method.clone(), wrong.path, &sent, wrong.body.clone().into_bytes()).await;
    let mut text = format!("{} {}\n", wrong.method, wrong.path);
    for (name, value) in headers {
        let value = if name == "Authorization" { "Bearer eyJ0eXAi…" } else { value };
        writeln!(text, "{name}: {value}").unwrap();
    }
    if !wrong.body.is_empty() {
        writeln!(text, "\n{}", wrong.body).unwrap();
    }
    writeln!(text, "\nHTTP/1.1 {}", answer.status).unwrap();
    for (name, value) in &answer.headers {
        if SHOWN_HEADERS.contains(&name.as_str()) {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let order_id = answer.body["order_id"].as_str().unwrap_or(ORDER_ID);
    let trace_of = |order_id: &str| TraceId::of_order(order_id.parse().unwrap()).to_string();
    let request_id = answer.header("x-request-id");
    let trace_of_request = |request_id: &str| TraceId::of_request(request_id).to_string();
    let shown = answer.text.replace(request_id, "my-request");
    let shown = shown.replace(&trace_of_request(request_id), &trace_of_request("my-request"));
    let shown = wrapped(&shown).replace(order_id, ORDER_ID).replace(&trace_of(order_id), &trace_of(ORDER_ID));
    writeln!(text, "\n{shown}").unwrap();
    (answer, text)
}

/// JSON without spaces, with a space after each comma and colon and with lines of at most [`WIDTH`] characters where that
/// is possible.
fn wrapped(json: &str) -> String {
    let spaced = json.replace("\":", "\": ");
    let mut parts = spaced.split(",\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut width = text.chars().count();
    for part in parts {
        let length = part.chars().count() + 1;
        let fits = width + 2 + length < WIDTH;
        text.push_str(if fits { ", \"" } else { ",\n \"" });
        text.push_str(part);
        width = if fits { width + 2 + length } else { 1 + length };
    }
    text
}

#[actix_web::test]
async fn the_answers_to_typical_mistakes_say_what_to_change_and_are_in_the_documentation() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let admin = app.admin().await;
    let left = app.stock(SOLD_OUT).await;
    let all_of_it = json!({"delta": -left, "reason": "Sold elsewhere"});
    app.post(&format!("/admin/goods/{SOLD_OUT}/stock"), &admin, all_of_it).await.expect(200);
    let mut blocks = Vec::new();
    for wrong in mistakes() {
        if wrong.title.ends_with("expired") {
            app.clock.advance(Duration::from_secs(13 * 60 * 60));
        }
        let (answer, text) = exchange(&app, &zs, &wrong).await;
        let says_more = answer.body["errors"].is_array() || answer.body["detail"] != answer.body["title"];
        assert!(answer.status >= 400 && says_more, "{}: {}", wrong.title, answer.text);
        blocks.push((wrong.title, text));
    }
    assert_blocks_recorded(PAGE, &blocks);
    app.finish().await;
}

#[test]
fn a_long_object_is_wrapped_between_its_members() {
    let value = "x".repeat(WIDTH);
    let json = format!("{{\"a\":\"1\",\"b\":\"{value}\",\"c\":[\"d\",\"e\"]}}");
    assert_eq!(wrapped(&json), format!("{{\"a\": \"1\",\n \"b\": \"{value}\",\n \"c\": [\"d\", \"e\"]}}"));
}
