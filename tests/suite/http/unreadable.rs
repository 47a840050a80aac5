//! Requests that the HTTP server itself cannot read: they are answered like all others.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::TestApp;

/// Sends `request` on a new connection and reads until the server closes it.
async fn raw(app: &TestApp, request: Vec<u8>) -> String {
    let url = app.url();
    let exchange = move || {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        // The server may reset the connection when it has answered, with bytes of the request unread.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    actix_web::web::block(exchange).await.unwrap()
}

#[track_caller]
fn assert_problem(answer: &str, status: u16, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("no problem: {answer}"));
    assert_eq!((&body["code"], &body["status"]), (&code.into(), &status.into()));
    let head = head.to_lowercase();
    let id = body["instance"].as_str().unwrap();
    for header in [
        "content-type: application/problem+json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
        "connection: close",
        "date: ",
        &format!("x-request-id: {id}"),
    ] {
        assert!(head.contains(&format!("\r\n{header}")), "{header}: {head}");
    }
}

/// Review L5.
#[actix_web::test]
async fn a_request_that_cannot_be_read_gets_a_problem_with_all_headers() {
    let app = TestApp::with(&[("HTTP__HEAD_WITHIN", "1s")]).await;
    for request in [
        "nonsense\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(),
        "GET /\u{1} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
    ] {
        assert_problem(&raw(&app, request.into_bytes()).await, 400, "malformed_request");
    }
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "a".repeat(140_000));
    assert_problem(&raw(&app, large.into_bytes()).await, 431, "head_too_large");
    assert_problem(&raw(&app, b"GET / HTTP/1.1\r\nhost: x\r\n".to_vec()).await, 408, "request_timeout");
    app.finish().await;
}

/// Review L6.
#[actix_web::test]
async fn a_request_needs_one_host() {
    let app = TestApp::start().await;
    for bad in ["", "host: a\r\nhost: b\r\n", "host: a b\r\n", "host: a@b\r\n", "host: a/b\r\n", "host: \u{e9}\r\n"] {
        let request = format!("GET /healthz HTTP/1.1\r\n{bad}connection: close\r\n\r\n");
        let answer = raw(&app, request.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("malformed_request"), "{bad:?}: {answer}");
    }
    for good in ["host: shop.example.com\r\n", "host: 10.0.0.7:8080\r\n", "host: [::1]:8080\r\n", "host:\r\n"] {
        let request = format!("GET /healthz HTTP/1.1\r\n{good}connection: close\r\n\r\n");
        let answer = raw(&app, request.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{good:?}: {answer}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_answered_as_a_problem_of_its_route() {
    let app = TestApp::start().await;
    let request = "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                   transfer-encoding: chunked\r\n\r\nnot a chunk\r\n";
    let answer = raw(&app, request.as_bytes().to_vec()).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("\r\nx-request-id: ") && answer.contains("malformed_request"), "{answer}");
    app.finish().await;
}
