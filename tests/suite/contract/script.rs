//! A scripted run of the application, recorded exchange by exchange.

use std::fmt::Write as _;
use std::time::Duration;

use awc::http::Method;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json;
use super::normalise::Names;
use crate::server::place::Place;
use crate::support::{Answer, TestApp};

/// The id of every request, which answers repeat.
const REQUEST_ID: &str = "contract";
/// Headers that depend on the time or on the connection.
const VOLATILE_HEADERS: [&str; 2] = ["date", "connection"];
/// Time between two requests.
const BETWEEN: Duration = Duration::from_millis(5);
/// Secret of the sandbox platform's signatures, known so that a test can sign a notice.
pub const SECRET: &str = "a secret of the tests, of no use elsewhere";

/// The sender of a request.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Name in the record.
    name: &'static str,
    /// Bearer token; empty for a caller that has not signed in.
    token: String,
}

impl Caller {
    /// A caller with a token.
    pub fn new(name: &'static str, token: &str) -> Self {
        Self { name, token: token.to_owned() }
    }

    /// A caller that has not signed in.
    pub fn anonymous() -> Self {
        Self::default()
    }
}

/// A request to send.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Headers besides the request id and the token.
    pub headers: &'a [(&'a str, &'a str)],
    /// Body; may be empty.
    pub body: &'a [u8],
}

/// The application and the record of its exchanges.
pub struct Script {
    /// The application.
    pub app: TestApp,
    /// Every request so far: method, path, status.
    pub called: Vec<(String, String, u16)>,
    names: Names,
    /// The style of all pages, once a page was recorded.
    style: Option<String>,
    text: String,
}

impl Script {
    /// Starts an application with these settings, and with intervals so long that a slow machine does not change the
    /// record.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::at(Place::new(), settings).await
    }

    /// Starts an application like [`Self::start`] with its data at this place.
    pub async fn at(place: Place, settings: &[(&str, &str)]) -> Self {
        let long_intervals = [
            ("GATEWAY__SANDBOX__SECRET", SECRET),
            ("AUDIT__GRACE", "0s"),
            ("PAYMENTS__ASK__FIRST", "20h"),
            ("PAYMENTS__ASK__LONGEST", "20h"),
            ("PAYMENTS__REFUND__FIRST", "2m"),
            ("PAYMENTS__REFUND__LONGEST", "2m"),
            ("RELAY__BACKOFF__FIRST", "20h"),
            ("RELAY__BACKOFF__LONGEST", "20h"),
        ];
        let app = TestApp::at(place, &[&long_intervals[..], settings].concat()).await;
        app.settle().await;
        let names = Names::new(app.clock.now(), app.url());
        Self { app, called: Vec::new(), names, style: None, text: String::new() }
    }

    /// Begins a chapter of the record.
    pub fn chapter(&mut self, title: &str) {
        writeln!(self.text, "=== {title}\n").unwrap();
    }

    /// Sends a request, waits until all of its effects are complete, and records the exchange.
    pub async fn send(&mut self, caller: &Caller, request: Request<'_>) -> Answer {
        let bearer = format!("Bearer {}", caller.token);
        let mut headers = request.headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "x-request-id") {
            headers.push(("x-request-id", REQUEST_ID));
        }
        if !caller.token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let answer = self.app.send_raw(request.method.clone(), request.path, &headers, request.body.to_vec()).await;
        self.app.settle().await;
        // Events of the next request get a later time, so lists sorted by time keep the order of the script.
        self.app.clock.advance(BETWEEN);
        self.called.push((request.method.to_string(), request.path.to_owned(), answer.status));
        self.write_request(caller, &request);
        self.write_answer(request.path, &answer);
        answer
    }

    /// `GET`
    pub async fn get(&mut self, caller: &Caller, path: &str) -> Answer {
        self.send(caller, Request { method: Method::GET, path, headers: &[], body: b"" }).await
    }

    /// `GET` with these headers.
    pub async fn get_with(&mut self, caller: &Caller, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(caller, Request { method: Method::GET, path, headers, body: b"" }).await
    }

    /// `POST` of JSON; of nothing if the body is empty.
    pub async fn post(&mut self, caller: &Caller, path: &str, body: &str) -> Answer {
        let json: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
        self.send(caller, Request { method: Method::POST, path, headers: json, body: body.as_bytes() }).await
    }

    /// `POST` of JSON with an idempotency key.
    pub async fn keyed(&mut self, caller: &Caller, path: &str, key: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(caller, Request { method: Method::POST, path, headers: &headers, body: body.as_bytes() }).await
    }

    /// `POST` of JSON with these headers.
    pub async fn post_with(&mut self, caller: &Caller, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send(caller, Request { method: Method::POST, path, headers, body }).await
    }

    /// Signs in and records the claims of the token.
    pub async fn sign_in(&mut self, name: &'static str, password: &str) -> Caller {
        let body = format!("{{\"user_name\":\"{name}\",\"user_password\":\"{password}\"}}");
        let token = self.post(&Caller::anonymous(), "/v1/sessions", &body).await.expect(201).text_of("access_token");
        let parts = token.split('.').take(2).map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
        let parts: Vec<String> = parts.map(|part| String::from_utf8(part).unwrap()).collect();
        let claims = self.names.apply(&parts.join("\n"));
        writeln!(self.text, "the token says:\n{claims}\n").unwrap();
        Caller::new(name, &token)
    }

    /// Moves time forward and waits until all work that becomes due is done.
    pub async fn advance(&mut self, minutes: u64) {
        self.app.advance(Duration::from_secs(60 * minutes)).await;
        writeln!(self.text, "=== {minutes} minutes later\n").unwrap();
    }

    /// Stops gracefully and starts again.
    pub async fn restart(&mut self) {
        self.app.restart().await;
        self.app.settle().await;
        self.names.set_base(self.app.url());
        self.text.push_str("=== after a restart\n\n");
    }

    /// Records a text that was not sent over HTTP.
    pub fn note(&mut self, text: &str) {
        let text = self.names.apply(text);
        writeln!(self.text, "{text}").unwrap();
    }

    /// Takes the record so far, and starts a new one.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// The present end of the record.
    pub const fn mark(&self) -> usize {
        self.text.len()
    }

    /// Drops the record after the mark.
    pub fn forget(&mut self, mark: usize) {
        self.text.truncate(mark);
    }

    fn write_request(&mut self, caller: &Caller, request: &Request<'_>) {
        let Request { method, path, headers, body } = request;
        let path = self.names.apply(path);
        writeln!(self.text, "--- {method} {path}").unwrap();
        if !caller.name.is_empty() {
            writeln!(self.text, "as: {}", caller.name).unwrap();
        }
        for (name, value) in *headers {
            let value = self.names.apply(value);
            writeln!(self.text, "{name}: {}", shortened(&value)).unwrap();
        }
        if !body.is_empty() {
            let body = self.names.apply(&String::from_utf8_lossy(body));
            writeln!(self.text, "{}", shortened(&body)).unwrap();
        }
    }

    /// A page without its style, if an earlier page had the same.
    fn without_known_style(&mut self, body: String) -> String {
        let style = body.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
        let Some(style) = style.map(|(style, _)| style.to_owned()) else { return body };
        if self.style.as_ref() == Some(&style) {
            return body.replace(&style, "as before");
        }
        self.style = Some(style);
        body
    }

    fn write_answer(&mut self, path: &str, answer: &Answer) {
        writeln!(self.text, "> {}", answer.status).unwrap();
        // The id of the server differs between runs; the record has the client's in its place.
        let given = (answer.header("x-request-id"), answer.header("x-client-request-id"));
        let with_given_id = |text: &str| match given {
            ("", _) | (_, "") => text.to_owned(),
            (own, client) => text.replace(own, client),
        };
        let mut headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .filter(|(name, _)| !VOLATILE_HEADERS.contains(&name.as_str()) && *name != "x-client-request-id")
            .map(|(name, value)| (name.to_string(), with_given_id(value.to_str().unwrap())))
            .collect();
        headers.sort();
        for (name, value) in headers {
            let is_exact = name == "content-length" && value == answer.text.len().to_string();
            let value = if is_exact { "<exact>".to_owned() } else { self.names.apply(&value) };
            writeln!(self.text, "> {name}: {value}").unwrap();
        }
        let body = match path {
            // They grow with every route. The tests of the document compare them with the answers.
            "/openapi.json" | "/docs" | "/asyncapi.json" => "<the document>".to_owned(),
            _ => self.names.apply(&with_given_id(&answer.text)),
        };
        let body = self.without_known_style(body);
        let body = match path.split('?').next() {
            Some("/admin/status") => json::without_counters(&body),
            Some("/admin/audit") => json::without_file_count(&body),
            _ => json::with_stable_events(&body),
        };
        writeln!(self.text, "{body}\n").unwrap();
    }
}

/// The text; only its head and its length if it is longer than 2000 characters.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= 2_000 {
        return text.to_owned();
    }
    let head: String = text.chars().take(60).collect();
    format!("{head}… ({count} characters)")
}
