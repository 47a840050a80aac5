//! Invalid requests: the problem names the field at fault, and nothing is written.

use crate::http::route::{Field, routes};
use crate::support::{Answer, GOODS, OrderBody, TestApp};
use awc::http::Method;
use serde_json::{Value, json};

/// Splits the JSON pointer `at`. Returns the object that holds the field, and the name of the field.
fn parent_of<'a>(body: &'a mut Value, at: &'static str) -> (&'a mut Value, &'static str) {
    let (parent, name) = at.rsplit_once('/').unwrap();
    (body.pointer_mut(parent).unwrap(), name)
}

/// Converts a JSON pointer to the field name in a problem: `/goods/0/goods_id` to `goods[0].goods_id`.
fn field_name(at: &str) -> String {
    at.trim_start_matches('/').replace("/0/", "[0].")
}

/// Asserts that the first error of the problem names `field` or a part of it. `sent` is the body, for the message.
#[track_caller]
fn assert_names(answer: Answer, field: &str, sent: &Value) {
    assert_eq!(answer.status, 422, "{sent}: {}", answer.text);
    let answer = answer.expect_problem(422, "invalid_request");
    let named = answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
    let names_field =
        named == field || named.starts_with(&format!("{field}[")) || named.starts_with(&format!("{field}."));
    assert!(names_field, "{sent}: {}", answer.text);
}

#[actix_web::test]
async fn every_wrong_missing_or_unknown_field_is_named_and_nothing_is_written() {
    let app = TestApp::start().await;
    for route in routes(&app).await {
        let before = app.rows();
        for Field { at, required, wrong } in &route.fields {
            for value in wrong {
                let mut body = route.good.clone();
                let (parent, name) = parent_of(&mut body, at);
                parent[name] = value.clone();
                assert_names(route.send(&app, &body).await, &field_name(at), &body);
            }
            if *required {
                let mut body = route.good.clone();
                let (parent, name) = parent_of(&mut body, at);
                parent.as_object_mut().unwrap().remove(name);
                assert_names(route.send(&app, &body).await, &field_name(at), &body);
            }
        }
        for at in ["/surprise", "/Goods", "/__proto__", "/user_id2"] {
            let mut body = route.good.clone();
            body[&at[1..]] = json!(1);
            assert_names(route.send(&app, &body).await, &at[1..], &body);
        }
        assert_eq!(app.rows(), before, "{} {}", route.method, route.path);
    }
    assert_eq!(app.number("sandbox", "SELECT sum(charged) AS n FROM sandbox_trade"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_body_that_is_not_a_json_object_or_is_too_large_or_of_another_type_is_refused() {
    let app = TestApp::start().await;
    for route in routes(&app).await {
        let before = app.rows();
        let good = route.good.to_string();
        let cut = &good[..good.len() - 1];
        for body in
            ["{", "nonsense", "{\"a\":NaN}", "{'a':1}", "{} {}", "\u{feff}{}", cut, "{\"a\":\"\\x\"}", "{\"a\":01}"]
        {
            let answer = route.send_bytes(&app, "application/json", body.as_bytes().to_vec()).await;
            // An unknown or missing field may be found before the syntax error.
            assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.text);
            if !body.contains("\"a\"") && !body.starts_with("{}") {
                answer.expect_problem(400, "malformed_request");
            }
        }
        let not_utf8 = [b"{\"a\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
        assert!(route.send_bytes(&app, "application/json", not_utf8).await.status < 500);
        for body in ["null", "[]", "1", "\"x\"", "[{}]"] {
            let answer = route.send_bytes(&app, "application/json", body.as_bytes().to_vec()).await;
            answer.expect_problem(422, "invalid_request");
        }
        let nested = format!("{{\"a\":{}", "[".repeat(3_000));
        assert!(matches!(route.send_bytes(&app, "application/json", nested.into_bytes()).await.status, 400 | 422));
        let twice = good.replacen('{', &format!("{{{},", good.trim_matches(['{', '}'])), 1);
        assert!(matches!(route.send_bytes(&app, "application/json", twice.into_bytes()).await.status, 400 | 422));
        if !route.is_sandbox() {
            route.send_bytes(&app, "application/json", Vec::new()).await.expect_problem(400, "malformed_request");
            for content_type in
                ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data"]
            {
                let answer = route.send_bytes(&app, content_type, good.clone().into_bytes()).await;
                answer.expect_problem(415, "unsupported_media_type");
            }
            let large = format!("{}{good}", " ".repeat(70_000));
            let answer = route.send_bytes(&app, "application/json", large.into_bytes()).await;
            answer.expect_problem(413, "payload_too_large");
        }
        assert_eq!(app.rows(), before, "{} {}", route.method, route.path);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_number_out_of_range_and_a_duplicate_field_are_named() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order =
        |goods: &str, rest: &str| format!("{{\"goods\":[{goods}],\"address\":\"a\",\"consignee\":\"b\"{rest}}}");
    let line = |number: &str| format!("{{\"goods_id\":\"{GOODS}\",\"goods_number\":{number}}}");
    let one = line("1");
    let bearer = format!("Bearer {zs}");
    let headers =
        [("authorization", bearer.as_str()), ("idempotency-key", "bad"), ("content-type", "application/json")];
    let before = app.rows();
    for (body, field) in [
        (order(&line("1e400"), ""), "goods[0].goods_number"),
        (order(&line("-1e400"), ""), "goods[0].goods_number"),
        (order(&line("1e0"), ""), "goods[0].goods_number"),
        (order(&line("1.0"), ""), "goods[0].goods_number"),
        (order(&line("-0"), ""), "goods[0].goods_number"),
        (order(&line("9223372036854775808"), ""), "goods[0].goods_number"),
        (order(&line("0,\"goods_number\":1"), ""), "goods[0].goods_number"),
        (order(&line("1,\"goods_number\":0"), ""), "goods[0].goods_number"),
        (order(&one, ",\"money_paid\":1e400"), "money_paid"),
        (order(&one, ",\"money_paid\":\"0\",\"money_paid\":\"1\""), "money_paid"),
        (order(&one, ",\"coupon_id\":null,\"coupon_id\":null"), "coupon_id"),
        (order(&one, ",\"goods\":[]"), "goods"),
        (order("[]", ""), "goods[0]"),
        (order(&format!("{one},null"), ""), "goods[1]"),
    ] {
        let answer = app.send_bytes("/v1/orders", &headers, body.clone().into_bytes()).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}

#[actix_web::test]
async fn a_missing_duplicate_or_malformed_idempotency_key_is_refused() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let before = app.rows();
    let longest = "k".repeat(255);
    let too_long = "k".repeat(256);
    for (path, body) in [
        ("/v1/orders", OrderBody::of(GOODS, 1).0),
        ("/v1/payments", json!({"order_id": order_id, "provider": "sandbox"})),
    ] {
        let doubled = [("idempotency-key", "a"), ("idempotency-key", "a")];
        let bad = ["", " ", "two words", "tab\tbed", too_long.as_str()].map(|key| [("idempotency-key", key)]);
        let headers: Vec<&[(&str, &str)]> =
            [&[][..], &doubled[..]].into_iter().chain(bad.iter().map(|b| &b[..])).collect();
        for headers in headers {
            let bearer = format!("Bearer {zs}");
            let all: Vec<(&str, &str)> = [("authorization", bearer.as_str()), ("content-type", "application/json")]
                .into_iter()
                .chain(headers.iter().copied())
                .collect();
            let answer = app.send_raw(Method::POST, path, &all, body.to_string().into_bytes()).await;
            let answer = answer.expect_problem(422, "invalid_request");
            assert_eq!(answer.body["errors"][0]["field"], "Idempotency-Key", "{headers:?}");
        }
    }
    assert_eq!(app.rows(), before);
    app.order(&zs, &longest, &OrderBody::of(GOODS, 1)).await.expect(201);
    app.finish().await;
}
