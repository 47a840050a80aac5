//! Whatever is wrong with a request is said by name, and nothing is written.

use crate::support::{Answer, COUPON, GOODS, TestApp, USER, Wish};
use awc::http::Method;
use serde_json::{Value, json};

/// A field of a body, by its JSON pointer.
struct Field {
    at: &'static str,
    required: bool,
    wrong: Vec<Value>,
}

/// A route with a body that is good.
struct Route {
    method: Method,
    path: String,
    token: String,
    good: Value,
    fields: Vec<Field>,
}

fn field(at: &'static str, required: bool, wrong: Vec<Value>) -> Field {
    let mut wrong = wrong;
    wrong.extend([json!(true), json!([]), json!({}), json!([[]]), json!(1.5)]);
    if required {
        wrong.push(Value::Null);
    }
    Field { at, required, wrong }
}

fn text(at: &'static str, required: bool, longest: usize) -> Field {
    let mut wrong = vec![json!(0), json!("x".repeat(longest + 1)), json!("a\u{0}b"), json!("a\u{1b}b")];
    if required {
        wrong.extend([json!(""), json!(" ")]);
    }
    field(at, required, wrong)
}

fn amount(at: &'static str, required: bool) -> Field {
    let texts = [
        "",
        " ",
        "1.005",
        "1,00",
        "1e3",
        "1_000",
        "+1",
        ".5",
        "1.",
        "NaN",
        "Infinity",
        "0x10",
        "1.00 ",
        "٣",
        "1.0.0",
        "10000000000",
        "99999999999999999999999999999999",
        "one",
    ];
    let mut wrong: Vec<Value> = texts.map(|text| json!(text)).to_vec();
    wrong.extend([json!(1), json!(-1), json!(0)]);
    field(at, required, wrong)
}

fn unsigned_amount(at: &'static str, required: bool) -> Field {
    let mut field = amount(at, required);
    field.wrong.extend([json!("-1"), json!("-0.01"), json!("--1")]);
    field
}

fn integer(at: &'static str, wrong: Vec<Value>) -> Field {
    let mut field = field(at, true, wrong);
    field.wrong.extend([json!("1"), json!(""), json!(u64::MAX), json!(i64::MIN), json!(1e300)]);
    field
}

fn id(at: &'static str, required: bool) -> Field {
    let texts = ["", "0", "-1", "+1", "01", "1.0", "1e3", "abc", " 1", "9223372036854775808", "1 OR 1=1"];
    let mut wrong: Vec<Value> = texts.map(|text| json!(text)).to_vec();
    wrong.push(json!(1));
    field(at, required, wrong)
}

async fn routes(app: &TestApp) -> Vec<Route> {
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = app.order(&zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    let name_shapes = || vec![json!(1), json!(""), json!("a b"), json!("ä"), json!("x".repeat(65)), json!("a\u{0}")];
    let passwords = || vec![json!(12_345_678), json!(""), json!("seven77"), json!("x".repeat(129))];
    let post = |path: String, token: &str, good: Value, fields: Vec<Field>| Route {
        method: Method::POST,
        path,
        token: token.to_owned(),
        good,
        fields,
    };
    let new_user = vec![
        field("/user_name", true, name_shapes()),
        field("/user_password", true, passwords()),
        field("/user_mobile", false, vec![json!(12345), json!(""), json!("1234"), json!("+"), json!("1 2345")]),
    ];
    let sign_in = vec![field("/user_name", true, name_shapes()), field("/user_password", true, passwords())];
    let line = json!({"goods_id": GOODS, "goods_number": 1, "goods_price": "1000.00"});
    let order = Wish::golden().with("goods", json!([line])).with("shipping_fee", json!("0.00"));
    let order = order.with("order_amount", json!("1000.00"));
    let order_fields = vec![
        field("/goods", true, vec![json!("x"), json!(1)]),
        id("/goods/0/goods_id", true),
        integer("/goods/0/goods_number", vec![json!(0), json!(-1), json!(10_000)]),
        unsigned_amount("/goods/0/goods_price", false),
        id("/coupon_id", false),
        unsigned_amount("/money_paid", false),
        unsigned_amount("/shipping_fee", false),
        unsigned_amount("/order_amount", false),
        text("/address", true, 200),
        text("/consignee", true, 100),
    ];
    let payment = json!({"order_id": order_id, "provider": "sandbox"});
    let payment_fields =
        vec![id("/order_id", true), field("/provider", true, vec![json!(""), json!("nobody"), json!(1)])];
    let goods = json!({"goods_name": "x", "goods_number": 1, "goods_price": "1.00", "goods_desc": "x"});
    let goods_fields = vec![
        text("/goods_name", true, 200),
        integer("/goods_number", vec![json!(-1), json!(1_000_000_001)]),
        unsigned_amount("/goods_price", true),
        text("/goods_desc", false, 2000),
    ];
    let change_fields =
        vec![text("/goods_name", false, 200), unsigned_amount("/goods_price", false), text("/goods_desc", false, 2000)];
    let stock_fields = vec![
        integer("/delta", vec![json!(0), json!(-1_000), json!(1_000_000_000), json!(1_000_000_001)]),
        text("/reason", true, 200),
    ];
    let mut balance = amount("/delta", true);
    balance.wrong.extend([json!("0"), json!("-0.00"), json!("--1"), json!("-900.01")]);
    let mut coupon_user = id("/user_id", true);
    coupon_user.wrong.extend([json!("1"), json!(COUPON)]);
    let mut coupon_price = unsigned_amount("/coupon_price", true);
    coupon_price.wrong.push(json!("0.00"));
    let mut pay = ["/concurrent", "/lose", "/delay_ms", "/tamper"].map(|at| Field {
        at,
        required: false,
        wrong: vec![json!("x"), json!([]), json!({}), json!(-1)],
    });
    pay[2].wrong.push(json!(1.5));
    let mut pay = Vec::from(pay);
    pay.push(Field {
        at: "/callbacks",
        required: false,
        wrong: vec![json!(0), json!(51), json!(-1), json!("1"), json!(1.5), Value::Null],
    });
    vec![
        post("/v1/users".to_owned(), "", json!({"user_name": "new", "user_password": "a good password"}), new_user),
        post("/v1/sessions".to_owned(), "", json!({"user_name": "zs", "user_password": "a good password"}), sign_in),
        post("/v1/orders".to_owned(), &zs, order.0, order_fields),
        post("/v1/payments".to_owned(), &zs, payment, payment_fields),
        post("/admin/goods".to_owned(), &admin, goods, goods_fields),
        Route {
            method: Method::PATCH,
            ..post(format!("/admin/goods/{GOODS}"), &admin, json!({"goods_name": "x"}), change_fields)
        },
        post(format!("/admin/goods/{GOODS}/stock"), &admin, json!({"delta": 1, "reason": "x"}), stock_fields),
        post(
            "/admin/coupons".to_owned(),
            &admin,
            json!({"user_id": USER, "coupon_price": "1.00"}),
            vec![coupon_user, coupon_price],
        ),
        post(
            format!("/admin/users/{USER}/balance"),
            &admin,
            json!({"delta": "1.00", "reason": "x"}),
            vec![balance, text("/reason", true, 200)],
        ),
        post(format!("/sandbox/trades/{pay_id}/pay"), "", json!({"callbacks": 1}), pay),
    ]
}

impl Route {
    async fn send(&self, app: &TestApp, body: &Value) -> Answer {
        self.send_bytes(app, "application/json", body.to_string().into_bytes()).await
    }

    async fn send_bytes(&self, app: &TestApp, content_type: &str, body: Vec<u8>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "bad"), ("content-type", content_type)];
        app.send_raw(self.method.clone(), &self.path, &headers, body).await
    }

    fn is_sandbox(&self) -> bool {
        self.path.starts_with("/sandbox")
    }
}

/// The object that holds what a pointer points to, and the last part of the pointer.
fn holder<'a>(body: &'a mut Value, at: &'static str) -> (&'a mut Value, &'static str) {
    let (parent, name) = at.rsplit_once('/').unwrap();
    (body.pointer_mut(parent).unwrap(), name)
}

/// `/goods/0/goods_id` as problems name it: `goods[0].goods_id`.
fn named(at: &str) -> String {
    at.trim_start_matches('/').replace("/0/", "[0].")
}

#[track_caller]
fn assert_names(answer: Answer, field: &str, sent: &Value) {
    assert_eq!(answer.status, 422, "{sent}: {}", answer.text);
    let answer = answer.expect_problem(422, "invalid_request");
    let named = answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
    let is_or_is_in =
        named == field || named.starts_with(&format!("{field}[")) || named.starts_with(&format!("{field}."));
    assert!(is_or_is_in, "{sent}: {}", answer.text);
}

#[actix_web::test]
async fn every_field_that_is_wrong_missing_or_unknown_is_named_and_nothing_is_written() {
    let app = TestApp::start().await;
    for route in routes(&app).await {
        let before = app.rows();
        for Field { at, required, wrong } in &route.fields {
            for value in wrong {
                let mut body = route.good.clone();
                let (parent, name) = holder(&mut body, at);
                parent[name] = value.clone();
                assert_names(route.send(&app, &body).await, &named(at), &body);
            }
            if *required {
                let mut body = route.good.clone();
                let (parent, name) = holder(&mut body, at);
                parent.as_object_mut().unwrap().remove(name);
                assert_names(route.send(&app, &body).await, &named(at), &body);
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
async fn a_body_that_is_no_json_object_or_too_large_or_of_another_type_is_refused() {
    let app = TestApp::start().await;
    for route in routes(&app).await {
        let before = app.rows();
        let good = route.good.to_string();
        let cut = &good[..good.len() - 1];
        for body in
            ["{", "nonsense", "{\"a\":NaN}", "{'a':1}", "{} {}", "\u{feff}{}", cut, "{\"a\":\"\\x\"}", "{\"a\":01}"]
        {
            let answer = route.send_bytes(&app, "application/json", body.as_bytes().to_vec()).await;
            // An unknown or a missing field may be met before what makes it no JSON.
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
async fn a_number_out_of_any_range_and_a_field_given_twice_are_named() {
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
async fn a_key_that_is_missing_doubled_or_of_another_form_is_refused() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    let before = app.rows();
    let longest = "k".repeat(255);
    let too_long = "k".repeat(256);
    for (path, body) in
        [("/v1/orders", Wish::of(GOODS, 1).0), ("/v1/payments", json!({"order_id": order_id, "provider": "sandbox"}))]
    {
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
    app.order(&zs, &longest, &Wish::of(GOODS, 1)).await.expect(201);
    app.finish().await;
}
