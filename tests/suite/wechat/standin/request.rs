//! The stand-in for WeChat Pay refuses what the real platform refuses. The requests are written by hand from WeChat
//! Pay's documents and do not use the application's code.

use std::cell::Cell;
use std::time::Duration;

use awc::http::Method;
use awc::http::header::HeaderMap;
use serde_json::{Value, json};
use tradepost::domain::clock::{Clock, Timestamp};

use crate::platform::{Key, RawRequest, VECTORS, Wechat};

pub const MCHID: &str = "1900000001";
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012025100900000000000001";
pub const CERTIFICATE: &str = "4A00112233445566778899AABBCCDDEEFF001122";
const SERIAL: &str = "3775B6A45ACD588826D15E583A95F5DD00000001";
const NATIVE: &str = "/v3/pay/transactions/native";

/// A shop that sends handwritten requests.
pub struct Shop {
    url: String,
    pub client: awc::Client,
    key: Key,
    platform: [(&'static str, Key); 2],
    nonce: Cell<u32>,
    /// Serial of the platform key that must sign the answers.
    pub serial: &'static str,
}

/// An answer of the platform with its verified signature.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
    /// Serial of the key that signed it; `None` if it has no valid signature.
    pub signed_by: Option<String>,
}

impl Answer {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

/// Builds the `Authorization` header. The signature covers method, target, time, nonce and body, one per line.
fn authorization(key: &Key, (method, target, body): (&str, &str, &str), at: Timestamp, nonce: &str) -> String {
    let seconds = at.0 / 1000;
    let signature = key.sign(format!("{method}\n{target}\n{seconds}\n{nonce}\n{body}\n").as_bytes());
    format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"{MCHID}\",nonce_str=\"{nonce}\",timestamp=\"{seconds}\",\
         serial_no=\"{SERIAL}\",signature=\"{signature}\""
    )
}

impl Shop {
    pub fn of(wechat: &Wechat) -> Self {
        let client = awc::Client::builder().timeout(Duration::from_secs(5)).finish();
        let platform = [(PUBLIC_KEY_ID, "wx_platform_pubkey"), (CERTIFICATE, "wx_platform_certkey")]
            .map(|(serial, name)| (serial, Key::named(name)));
        let (url, key) = (wechat.url.clone(), Key::named("wx_merchant"));
        Self { url, client, key, platform, nonce: Cell::new(0), serial: PUBLIC_KEY_ID }
    }

    /// Sends all further requests to `url`.
    pub fn go_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    /// Sends a valid request. The error is the reason if there is no complete answer.
    pub async fn try_ask(&self, method: Method, target: &str, body: &str, now: Timestamp) -> Result<Answer, String> {
        self.nonce.set(self.nonce.get() + 1);
        let nonce = format!("{:032}", self.nonce.get());
        let signed = authorization(&self.key, (method.as_str(), target, body), now, &nonce);
        let mut request = self.client.request(method, format!("{}{target}", self.url));
        for (name, value) in [
            ("accept", "application/json"),
            ("user-agent", "a test"),
            ("authorization", &*signed),
            ("wechatpay-serial", self.serial),
        ] {
            request = request.insert_header((name, value));
        }
        if !body.is_empty() {
            request = request.insert_header(("content-type", "application/json"));
        }
        let mut response = request.send_body(body.to_owned()).await.map_err(|error| error.to_string())?;
        let bytes = response.body().await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let signed_by = self.signed_by(&headers, &bytes);
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| "no text".to_owned())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body, signed_by })
    }

    /// Returns the serial of the platform key that signed `body` with `headers`; `None` if the signature is invalid.
    pub fn signed_by(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let head = format!("{}\n{}\n", text("wechatpay-timestamp")?, text("wechatpay-nonce")?);
        let signed = [head.as_bytes(), body, b"\n"].concat();
        let serial = text("wechatpay-serial")?;
        let (_, key) = self.platform.iter().find(|(known, _)| *known == serial)?;
        key.verifies(&signed, text("wechatpay-signature")?).then(|| serial.to_owned())
    }

    /// Sends a valid request, and asserts that the answer is signed with the requested key.
    pub async fn post(&self, target: &str, body: &Value, now: Timestamp) -> Answer {
        let answer = self.try_ask(Method::POST, target, &body.to_string(), now).await.unwrap();
        assert_eq!(answer.signed_by.as_deref(), Some(self.serial), "{answer:?}");
        answer
    }

    pub async fn get(&self, target: &str, now: Timestamp) -> Answer {
        let answer = self.try_ask(Method::GET, target, "", now).await.unwrap();
        assert_eq!(answer.signed_by.as_deref(), Some(self.serial), "{answer:?}");
        answer
    }
}

/// Body of a create call for a QR code.
pub fn order(out_trade_no: &str) -> Value {
    json!({
        "appid": "wx0123456789abcdef", "mchid": MCHID, "description": "测试商品", "out_trade_no": out_trade_no,
        "notify_url": "https://shop.example.com/v1/payments/callbacks/wechat",
        "amount": {"total": 8888, "currency": "CNY"},
    })
}

#[actix_web::test]
async fn the_requests_of_the_test_vectors_are_accepted_and_refused_with_any_part_changed() {
    let now = Timestamp(1_760_000_000_000);
    let all = VECTORS["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == "wechat_request_sign");
    for vector in all {
        let text = |side: &str, field: &str| vector[side][field].as_str().unwrap();
        let (method, url) = (text("input", "method"), text("input", "url"));
        let (body, header) = (text("input", "body"), text("expect", "authorization"));
        // A new stand-in per vector, because a nonce is accepted once and the vectors repeat some.
        let wechat = Wechat::start().await;
        let judge = |method: &str, url: &str, header: &str, body: &str| {
            let headers = [
                ("accept", "application/json"),
                ("user-agent", "a test"),
                ("content-type", "application/json"),
                ("authorization", header),
            ];
            wechat.judge(&RawRequest::new(method, url, &headers, body), now)
        };
        let changed = [
            ("PUT", url, header, body),
            (method, &format!("{url}0"), header, body),
            (method, &url.replace("%7C", "|").replace('?', "?a=b&"), header, &format!("{body} ")),
            (method, url, header, "{}"),
        ];
        for (method, url, header, body) in changed {
            assert_eq!(judge(method, url, header, body), "SIGN_ERROR", "{method} {url}");
        }
        for (from, to) in [
            ("WECHATPAY2-SHA256", "WECHATPAY2-SM2"),
            ("mchid=\"1", "mchid=\"2"),
            ("timestamp=\"1", "timestamp=\"2"),
            ("timestamp=\"1", "timestamp=\"01"),
            ("nonce_str=\"7", "nonce_str=\"8"),
            ("serial_no=\"3", "serial_no=\"4"),
            ("signature=\"", "signature=\"A"),
            ("\",", "\", "),
            ("mchid=\"1900000001\"", "mchid=1900000001"),
            ("mchid", "mch_id"),
            ("signature=", "signature=\"\",signature="),
            ("\",signature", "\",x=\"\",signature"),
        ] {
            assert_eq!(judge(method, url, &header.replacen(from, to, 1), body), "SIGN_ERROR", "{from} {to}");
        }
        assert_eq!(judge(method, url, header, body), "ok", "{}", vector["id"]);
        assert_eq!(judge(method, url, header, body), "SIGN_ERROR", "the nonce was used before");
    }
}

#[actix_web::test]
async fn the_pairs_of_the_authorization_header_can_be_in_any_order() {
    let (wechat, now) = (Wechat::start().await, Clock::default().now());
    let target = format!("/v3/refund/domestic/refunds/R1?mchid={MCHID}");
    let header = authorization(&Key::named("wx_merchant"), ("GET", &target, ""), now, "n");
    let (scheme, pairs) = header.split_once(' ').unwrap();
    let reversed: Vec<&str> = pairs.split(',').rev().collect();
    let header = format!("{scheme} {}", reversed.join(","));
    let headers = [("accept", "application/json"), ("user-agent", "a test"), ("authorization", &*header)];
    assert_eq!(wechat.judge(&RawRequest::new("GET", &target, &headers, ""), now), "ok");
}

#[actix_web::test]
async fn a_request_must_be_signed_within_five_minutes_and_have_the_required_headers() {
    let (wechat, now) = (Wechat::start().await, Clock::default().now());
    let target = "/v3/refund/domestic/refunds/R1";
    let (minute, key) = (Duration::from_secs(60), Key::named("wx_merchant"));
    let judge = |at: Timestamp, nonce: &str, headers: &[(&str, &str)]| {
        let header = authorization(&key, ("GET", target, ""), at, nonce);
        wechat.judge(&RawRequest::new("GET", target, &[headers, &[("authorization", &header)]].concat(), ""), now)
    };
    let good = [("accept", "application/json"), ("user-agent", "a test")];
    assert_eq!(judge(now.minus(minute * 4), "1", &good), "ok");
    assert_eq!(judge(now.plus(minute * 4), "2", &good), "ok");
    assert_eq!(judge(now.minus(minute * 6), "3", &good), "SIGN_ERROR");
    assert_eq!(judge(now.plus(minute * 6), "4", &good), "SIGN_ERROR");
    assert_eq!(judge(now, &"x".repeat(33), &good), "SIGN_ERROR");
    assert_eq!(judge(now, "", &good), "SIGN_ERROR");
    assert_eq!(judge(now, "5", &good[..1]), "PARAM_ERROR", "no User-Agent");
    assert_eq!(judge(now, "6", &good[1..]), "PARAM_ERROR", "no Accept");
    let serials = [("wechatpay-serial", "PUB_KEY_ID_0"), ("wechatpay-serial", CERTIFICATE)];
    assert_eq!(judge(now, "7", &[&good[..], &serials[..1]].concat()), "PARAM_ERROR");
    assert_eq!(judge(now, "8", &[&good[..], &serials[1..]].concat()), "ok");
    let header = authorization(&key, ("POST", NATIVE, "{}"), now, "9");
    let headers = [good[0], good[1], ("authorization", &header)];
    assert_eq!(wechat.judge(&RawRequest::new("POST", NATIVE, &headers, "{}"), now), "PARAM_ERROR", "no Content-Type");
}

#[actix_web::test]
async fn every_answer_is_signed_with_the_key_that_the_request_names() {
    let (wechat, now) = (Wechat::start().await, Clock::default().now());
    let mut shop = Shop::of(&wechat);
    for (serial, number) in [(PUBLIC_KEY_ID, "P10001"), (CERTIFICATE, "P10002")] {
        shop.serial = serial;
        assert!(shop.post(NATIVE, &order(number), now).await.body["code_url"].as_str().unwrap().starts_with("weixin:"));
        let close = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        let closed = shop.post(&close, &json!({"mchid": MCHID}), now).await;
        assert_eq!((closed.status, &*closed.text), (204, ""));
        let missing = shop.get(&format!("/v3/pay/transactions/out-trade-no/P9?mchid={MCHID}"), now).await;
        assert_eq!(missing.code(), (404, "ORDER_NOT_EXIST"));
        assert!(missing.body["message"].is_string() && missing.headers.contains_key("request-id"));
    }
    // A request that names no key gets an answer signed with the default key.
    shop.serial = "";
    let answer = shop.try_ask(Method::GET, "/v3/refund/domestic/refunds/R1", "", now).await.unwrap();
    assert_eq!(answer.signed_by.as_deref(), Some(PUBLIC_KEY_ID));
    assert!(wechat.complaints().is_empty());
}

#[actix_web::test]
async fn each_field_of_an_order_is_validated() {
    let (wechat, now) = (Wechat::start().await, Clock::default().now());
    let shop = Shop::of(&wechat);
    let soon = |seconds: u64| json!(rfc3339(now.plus(Duration::from_secs(seconds)), "+08:00", 8));
    for (field, value) in [
        ("mchid", json!("1900000009")),
        ("description", json!("")),
        ("description", json!("x".repeat(128))),
        ("out_trade_no", json!("P1")),
        ("out_trade_no", json!("x".repeat(33))),
        ("out_trade_no", json!("P1000 1")),
        ("out_trade_no", json!(100_001)),
        ("attach", json!("x".repeat(129))),
        ("time_expire", soon(50)),
        ("time_expire", soon(8 * 24 * 3600)),
        ("time_expire", json!(rfc3339(now.plus(Duration::from_secs(3600)), "Z", 0))),
        ("time_expire", json!("2099-10-09 16:53:20")),
        ("notify_url", json!("http://shop.example.com/x")),
        ("notify_url", json!("https://shop.example.com/x?a=b")),
        ("notify_url", json!("x".repeat(256))),
        ("amount", json!({"total": 0, "currency": "CNY"})),
        ("amount", json!({"total": "1", "currency": "CNY"})),
        ("amount", json!({"total": 1.5, "currency": "CNY"})),
        ("amount", json!({"total": 1, "currency": "USD"})),
        ("amount", json!({"total": 1})),
        ("amount", json!(1)),
        ("payer", json!({"openid": "x"})),
        ("notifyUrl", json!("x")),
    ] {
        let mut body = order("P10001");
        body[field] = value;
        assert_eq!(shop.post(NATIVE, &body, now).await.code(), (400, "PARAM_ERROR"), "{body}");
    }
    for missing in ["mchid", "appid", "description", "out_trade_no", "notify_url", "amount"] {
        let mut body = order("P10001");
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(shop.post(NATIVE, &body, now).await.code(), (400, "PARAM_ERROR"), "{missing}");
    }
    let mut body = order("P10001");
    body["appid"] = json!("wx9999999999999999");
    assert_eq!(shop.post(NATIVE, &body, now).await.code(), (403, "NO_AUTH"));
    for (target, body) in [(NATIVE, "[]"), (NATIVE, "{"), ("/v3/pay/transactions/h6", "{}")] {
        assert_eq!(shop.try_ask(Method::POST, target, body, now).await.unwrap().status, 400, "{target} {body}");
    }
    for target in ["/v3/pay/transactions/out-trade-no/P10001", "/v3/pay/transactions/id/1?mchid=1"] {
        assert_eq!(shop.get(target, now).await.code(), (400, "PARAM_ERROR"));
    }
    assert!(wechat.trades("P10001").is_empty());
    let mut body = order("P1-_|*");
    (body["time_expire"], body["attach"]) = (soon(70), json!("x"));
    assert_eq!(shop.post(NATIVE, &body, now).await.status, 200);
    let answer = shop.get(&format!("/v3/pay/transactions/out-trade-no/P1-_%7C*?mchid={MCHID}"), now).await;
    assert_eq!((&answer.body["trade_state"], &answer.body["attach"]), (&json!("NOTPAY"), &json!("x")));
}

/// Formats a time as RFC 3339 with the offset `offset` of `hours`, without the stand-in's code.
pub fn rfc3339(at: Timestamp, offset: &str, hours: i64) -> String {
    let shifted = jiff::Timestamp::from_millisecond(at.0 + hours * 3_600_000).unwrap().to_string();
    format!("{}{offset}", &shifted[..19])
}
