//! HTTP below the routes: methods, encodings, connections, and the addresses that are handed out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use awc::http::Method;

use crate::http::access::{For, ROUTES};
use crate::support::{GOODS, OrderBody, TestApp};

/// Sends `request` on a new connection and reads until the server closes it.
async fn raw(app: &TestApp, request: &'static str) -> String {
    let url = app.url();
    let exchange = move || {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    actix_web::web::block(exchange).await.unwrap()
}

#[actix_web::test]
async fn head_is_answered_like_get_without_a_body() {
    let app = TestApp::start().await;
    for (method, path, callers) in ROUTES {
        if *method != "GET" || *callers != For::All {
            continue;
        }
        let get = app.get(path, "").await;
        let head = app.send(Method::HEAD, path, "", &[], None).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.headers.get("content-type"), get.headers.get("content-type"), "{path}");
    }
    let answer = raw(&app, "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = app.send(Method::DELETE, "/v1/goods", "", &[], None).await;
    assert_eq!((answer.status, answer.headers.get("allow").unwrap().to_str().unwrap()), (405, "GET, HEAD"));
    app.finish().await;
}

#[actix_web::test]
async fn an_encoded_body_is_refused_and_not_read_as_something_else() {
    let app = TestApp::start().await;
    let body = br#"{"user_name":"new","user_password":"a good password"}"#.to_vec();
    let json = ("content-type", "application/json");
    for (path, encoding) in [("/v1/users", "gzip"), ("/v1/users", "br"), ("/v1/payments/callbacks/sandbox", "gzip")] {
        let answer = app.send_bytes(path, &[json, ("content-encoding", encoding)], body.clone()).await;
        let answer = answer.expect_problem(415, "unsupported_media_type");
        assert!(answer.text.contains("Content-Encoding"), "{}", answer.text);
    }
    app.send_bytes("/v1/users", &[json, ("content-encoding", "Identity")], body).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn connections_without_keep_alive_serve_one_request() {
    let app = TestApp::with(&[("HTTP__KEEP_ALIVE", "0s")]).await;
    let answer = raw(&app, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.to_lowercase().contains("connection: close"), "{answer}");
    app.finish().await;
}

/// The checkout URL of a new payment, after the sandbox has paid it and its callback has arrived.
async fn paid_checkout(app: &TestApp) -> String {
    let zs = app.zs().await;
    let order = app.order(&zs, "one", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let payment = app.pay(&zs, "two", &order).await.expect(201);
    app.pay_and_await_callback(&payment.text_of("pay_id")).await;
    app.settle().await;
    let order = app.get(&format!("/v1/orders/{order}"), &zs).await;
    assert_eq!(order.body["pay_status"], "paid", "{}", order.text);
    payment.body["checkout"]["url"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_callbacks_of_the_sandbox_arrive_whatever_the_public_url_is() {
    for public_url in ["https://shop.example.com/", "http://192.0.2.1:81"] {
        let app = TestApp::with(&[("HTTP__PUBLIC_URL", public_url)]).await;
        let checkout = paid_checkout(&app).await;
        let start = format!("{}/sandbox/checkout/", public_url.trim_end_matches('/'));
        assert!(checkout.starts_with(&start), "{checkout}");
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_server_that_listens_on_all_addresses_hands_out_one_that_can_be_opened() {
    let app =
        TestApp::with(&[("HTTP__LISTEN", "0.0.0.0:0"), ("GATEWAY__SANDBOX__PUBLIC", "true"), ("DEMO__PUBLIC", "true")])
            .await;
    let port = app.url().rsplit_once(':').unwrap().1.to_owned();
    let checkout = paid_checkout(&app).await;
    assert!(checkout.starts_with(&format!("http://127.0.0.1:{port}/")), "{checkout}");
    app.finish().await;
}
