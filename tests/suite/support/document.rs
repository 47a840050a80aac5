//! The check of every answer against the OpenAPI document.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::Answer;
use super::schema::{resolve, violations};

/// The document with the routes of the sandbox.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(tradepost::http::openapi::document(true)).unwrap());

/// Path prefixes of routes that a server does not have with some settings.
const NOT_EVERYWHERE: [&str; 2] = ["/admin/", "/sandbox/"];

/// Path prefixes of routes that ignore their query: the page of a payment, and callbacks.
const TAKES_ANY_QUERY: [&str; 2] = ["/pay/", "/v1/payments/callbacks/"];

/// A request as it was sent.
pub struct Sent<'a> {
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    pub body: &'a [u8],
}

/// Checks that the document has this answer to this request: the status, the type, every field and every header. A
/// request that succeeds must be one that the document allows.
#[track_caller]
pub fn assert_documented(sent: &Sent<'_>, answer: &Answer) {
    let Sent { method, path, .. } = sent;
    let path = path.split('?').next().unwrap_or(path);
    let method = if *method == "HEAD" { "GET" } else { method };
    let wrong = match operation(method, path) {
        Some(operation) => in_answer(operation, sent, answer),
        None => in_answer_of_no_route(sent, answer),
    };
    let is_absent = answer.status == 404 && NOT_EVERYWHERE.iter().any(|prefix| path.starts_with(prefix));
    let wrong = if is_absent && !wrong.is_empty() { in_answer_of_no_route(sent, answer) } else { wrong };
    assert!(wrong.is_empty(), "{method} {path}: {}\n{}: {}", wrong.join("\n"), answer.status, answer.text);
}

/// Faults of an answer to a path or a method that the document does not have: it is a problem, or the answer to a browser
/// that asks before it sends a request of another origin.
fn in_answer_of_no_route(sent: &Sent<'_>, answer: &Answer) -> Vec<String> {
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    match answer.status {
        _ if sent.method == "HEAD" => Vec::new(),
        404 | 405 | 415 => violations(&DOCUMENT, &problem, &answer.body),
        204 if sent.method == "OPTIONS" => Vec::new(),
        _ => vec!["the route is not in the document".to_owned()],
    }
}

/// The operation of the document that serves a path. A path without parameters wins.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(part, other)| part == other || is_name(part))
    };
    let item = paths.get(path).or_else(|| paths.iter().find(|(pattern, _)| fits(pattern)).map(|(_, item)| item))?;
    item.get(method.to_lowercase())
}

fn is_name(part: &str) -> bool {
    part.starts_with('{')
}

fn in_answer(operation: &Value, sent: &Sent<'_>, answer: &Answer) -> Vec<String> {
    let Some(response) = operation["responses"].get(answer.status.to_string()) else {
        return vec!["the status is not in the document".to_owned()];
    };
    let mut wrong = in_headers(response, answer);
    if sent.method != "HEAD" {
        wrong.extend(in_body(response, answer));
    }
    if answer.status < 300 {
        wrong.extend(in_request(operation, sent));
    }
    wrong
}

fn in_headers(response: &Value, answer: &Answer) -> Vec<String> {
    let known = DOCUMENT["components"]["headers"].as_object().unwrap().keys();
    let sent = known.filter(|name| !answer.header(&name.to_lowercase()).is_empty());
    let undescribed = sent.filter(|name| response["headers"].get(name.as_str()).is_none());
    undescribed.map(|name| format!("the header {name} is not in the document")).collect()
}

fn in_body(response: &Value, answer: &Answer) -> Vec<String> {
    let Some(contents) = response["content"].as_object() else {
        return if answer.text.is_empty() { Vec::new() } else { vec!["a body is not in the document".to_owned()] };
    };
    let media = essence(answer.header("content-type"));
    let described = contents.iter().find(|(known, _)| essence(known) == media).map(|(_, content)| content);
    match described {
        Some(content) if media.contains("json") => {
            let mut wrong = violations(&DOCUMENT, &content["schema"], &answer.body);
            wrong.extend(in_code(content, answer));
            wrong
        }
        Some(_) => Vec::new(),
        None if answer.text.is_empty() && media.is_empty() => Vec::new(),
        None => vec![format!("the type {media} is not in the document")],
    }
}

/// The fault of a problem whose code is not among those of the answer: its examples have their names.
fn in_code(content: &Value, answer: &Answer) -> Option<String> {
    let codes = content["examples"].as_object()?;
    let code = answer.body["code"].as_str().unwrap_or_default();
    (!codes.contains_key(code)).then(|| format!("the code {code} is not in the document"))
}

/// The media type without its parameters.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or(media)
}

/// Faults of a request that was accepted.
fn in_request(operation: &Value, sent: &Sent<'_>) -> Vec<String> {
    let query = sent.path.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_known = |name: &str| parameters.iter().any(|known| known["in"] == "query" && known["name"] == name);
    let takes_any = TAKES_ANY_QUERY.iter().any(|prefix| sent.path.starts_with(prefix));
    let unknown = names.filter(|name| !takes_any && !is_known(name));
    let mut wrong: Vec<String> = unknown.map(|name| format!("the parameter {name} is not in the document")).collect();
    if let Ok(body) = serde_json::from_slice::<Value>(sent.body)
        && let Some(content) = operation["requestBody"]["content"].get("application/json")
        && content["schema"].get("$ref").is_some()
    {
        let in_body = violations(&DOCUMENT, resolve(&DOCUMENT, &content["schema"]["$ref"]), &body);
        wrong.extend(in_body.into_iter().map(|wrong| format!("the body was accepted: {wrong}")));
    }
    wrong
}
