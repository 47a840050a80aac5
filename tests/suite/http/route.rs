//! Every route that takes a body, with a valid body and invalid values for each of its fields.

use crate::support::{Answer, COUPON, GOODS, OrderBody, TestApp, USER};
use awc::http::Method;
use serde_json::{Value, json};

/// A field of a request body.
pub struct Field {
    /// JSON pointer to the field.
    pub at: &'static str,
    pub required: bool,
    /// Values that the route must refuse.
    pub wrong: Vec<Value>,
}

/// A route with a valid body.
pub struct Route {
    pub method: Method,
    pub path: String,
    token: String,
    pub good: Value,
    pub fields: Vec<Field>,
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

/// Returns all routes that take a body. Places the order and the payment that their paths and bodies name.
pub async fn routes(app: &TestApp) -> Vec<Route> {
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
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
    let order = OrderBody::golden().with("goods", json!([line])).with("shipping_fee", json!("0.00"));
    let order = order.with("order_amount", json!("1000.00"));
    let order_fields = || {
        vec![
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
        ]
    };
    // A quote needs no address and no recipient, but those that it has must be good.
    let quote_fields = order_fields().into_iter().map(|field| match field.at {
        "/address" | "/consignee" => {
            let wrong = field.wrong.into_iter().filter(|value| !value.is_null()).collect();
            Field { required: false, wrong, ..field }
        }
        _ => field,
    });
    let quote_fields: Vec<Field> = quote_fields.collect();
    let decision = |decision: &str| {
        let reason = vec![text("/reason", true, 200)];
        post(format!("/admin/parked/1/{decision}"), &admin, json!({"reason": "x"}), reason)
    };
    let payment = json!({"order_id": order_id, "provider": "sandbox"});
    let payment_fields =
        vec![id("/order_id", true), field("/provider", true, vec![json!(""), json!("unknown"), json!(1)])];
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
    let mut refund_amount = unsigned_amount("/amount", false);
    refund_amount.wrong.push(json!("0.00"));
    let refund_fields = vec![refund_amount, text("/reason", true, 200)];
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
        post("/v1/orders".to_owned(), &zs, order.0.clone(), order_fields()),
        post("/v1/quotes".to_owned(), &zs, order.0, quote_fields),
        post("/v1/payments".to_owned(), &zs, payment, payment_fields),
        post("/admin/goods".to_owned(), &admin, goods, goods_fields),
        Route {
            method: Method::PATCH,
            ..post(format!("/admin/goods/{GOODS}"), &admin, json!({"goods_name": "x"}), change_fields)
        },
        post(
            "/admin/api-keys".to_owned(),
            &admin,
            json!({"name": "shop", "scopes": ["orders"]}),
            vec![
                field("/name", true, vec![json!(1), json!(""), json!("a b"), json!("ä"), json!("x".repeat(33))]),
                field("/scopes", true, vec![json!("orders"), json!(["all"]), json!(["orders", 1])]),
            ],
        ),
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
        post(
            format!("/admin/orders/{order_id}/cancel"),
            &admin,
            json!({"reason": "x"}),
            vec![text("/reason", true, 200)],
        ),
        post(format!("/v1/orders/{order_id}/refund"), &zs, json!({"reason": "x"}), vec![text("/reason", false, 200)]),
        post(
            format!("/admin/orders/{order_id}/refund/preview"),
            &admin,
            json!({"amount": "1.00"}),
            vec![unsigned_amount("/amount", false)],
        ),
        post(
            "/admin/reconciliations".to_owned(),
            &admin,
            json!({"provider": "sandbox", "day": "2026-01-02"}),
            vec![
                field("/provider", true, vec![json!(1), json!("other")]),
                field("/day", true, vec![json!(1), json!(""), json!("2026-1-2"), json!("2026-02-30")]),
                field("/bill", false, vec![json!(1), json!("all")]),
                Field { at: "/apply", required: false, wrong: vec![json!("x"), json!(1)] },
            ],
        ),
        decision("refund"),
        decision("accept"),
        decision("dismiss"),
        decision("retry"),
        post(
            "/admin/parked/1/match".to_owned(),
            &admin,
            json!({"order_id": order_id, "reason": "x"}),
            vec![id("/order_id", true), text("/reason", true, 200)],
        ),
        post(
            format!("/admin/orders/{order_id}/refund"),
            &admin,
            json!({"amount": "1.00", "reason": "x"}),
            refund_fields,
        ),
        post(
            format!("/sandbox/trades/{pay_id}/refund"),
            "",
            json!({"amount": "1.00", "out_request_no": "x"}),
            vec![
                unsigned_amount("/amount", true),
                field("/out_request_no", true, vec![json!(1), json!(""), json!("a b")]),
            ],
        ),
        post(format!("/sandbox/trades/{pay_id}/pay"), "", json!({"callbacks": 1}), pay),
    ]
}

impl Route {
    /// Sends `body` with the route's token and an idempotency key.
    pub async fn send(&self, app: &TestApp, body: &Value) -> Answer {
        self.send_bytes(app, "application/json", body.to_string().into_bytes()).await
    }

    pub async fn send_bytes(&self, app: &TestApp, content_type: &str, body: Vec<u8>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "bad"), ("content-type", content_type)];
        app.send_raw(self.method.clone(), &self.path, &headers, body).await
    }

    pub fn is_sandbox(&self) -> bool {
        self.path.starts_with("/sandbox")
    }
}
