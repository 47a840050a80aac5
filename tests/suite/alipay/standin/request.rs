//! The stand-in for Alipay refuses what the real gateway refuses, with the same errors. The requests are written by
//! hand from Alipay's documents and do not use the application's code.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tradepost::domain::clock::{Clock, Timestamp};

use crate::platform::alipay::{AES_KEY, certificate, cipher};
use crate::platform::{Alipay, AnswerFault, Key, Op, PlannedFault, RawRequest, VECTORS};

const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";
const NOTIFY_URL: &str = "https://shop.example.com/v1/payments/callbacks/alipay";

/// A shop that sends handwritten requests.
pub struct Shop {
    url: String,
    pub client: awc::Client,
    app: Key,
    platform: Key,
    platform_2: Key,
}

type Params = BTreeMap<String, String>;

/// An answer of the gateway with its verified signature.
#[derive(Debug)]
pub struct Answer {
    /// Name of the member that holds the content.
    pub member: String,
    pub body: Value,
    /// Index of the platform key that signed the answer; `None` if it has no valid signature.
    pub key: Option<usize>,
    pub cert_sn: Option<String>,
}

impl Answer {
    /// The most specific code: the code of the business error if there is one, else the code of the gateway.
    pub fn code(&self) -> &str {
        self.body["sub_code"].as_str().or(self.body["code"].as_str()).unwrap()
    }
}

/// Formats a time in China's time zone, without the stand-in's code.
fn china_time(at: Timestamp) -> String {
    let shifted = jiff::Timestamp::from_millisecond(at.0 + 8 * 3_600_000).unwrap().to_string();
    format!("{} {}", &shifted[..10], &shifted[11..19])
}

fn params(method: &str, biz: &Value, now: Timestamp) -> Params {
    let all = [
        ("app_id", "2021000000000001"),
        ("method", method),
        ("format", "JSON"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", &china_time(now)),
        ("version", "1.0"),
        ("notify_url", NOTIFY_URL),
        ("biz_content", &biz.to_string()),
    ];
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Shop {
    pub fn of(alipay: &Alipay) -> Self {
        let client = awc::Client::builder().timeout(Duration::from_secs(5)).finish();
        let [app, platform, platform_2] = ["ali_app", "ali_platform", "ali_platform_2"].map(Key::named);
        Self { url: format!("{}/gateway.do", alipay.url), client, app, platform, platform_2 }
    }

    fn sign(&self, params: &mut Params) {
        let text: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        params.insert("sign".to_owned(), self.app.sign(text.join("&").as_bytes()));
    }

    /// Returns the query with all parameters but the content, and the body with the content.
    fn parts(params: &Params) -> (String, String) {
        let write = |in_body: bool| {
            let part = params.iter().filter(|(name, _)| (*name == "biz_content") == in_body);
            form_urlencoded::Serializer::new(String::new()).extend_pairs(part).finish()
        };
        (write(false), write(true))
    }

    pub async fn post(&self, query: &str, body: String) -> Result<Vec<u8>, String> {
        let request = self.client.post(format!("{}?{query}", self.url)).insert_header(("content-type", FORM));
        let mut response = request.send_body(body).await.map_err(|error| error.to_string())?;
        assert_eq!(response.status(), 200);
        response.body().await.map(|body| body.to_vec()).map_err(|error| error.to_string())
    }

    async fn send(&self, params: &Params) -> Answer {
        let (query, body) = Self::parts(params);
        self.read(&String::from_utf8(self.post(&query, body).await.unwrap()).unwrap())
    }

    /// Signs a request. Returns its query and its body.
    pub fn signed(&self, method: &str, biz: &Value, now: Timestamp) -> (String, String) {
        let mut params = params(method, biz, now);
        self.sign(&mut params);
        Self::parts(&params)
    }

    /// Signs and sends a request, and asserts that the answer is signed.
    pub async fn ask(&self, method: &str, biz: Value, now: Timestamp) -> Answer {
        let (query, body) = self.signed(method, &biz, now);
        let answer = self.read(&String::from_utf8(self.post(&query, body).await.unwrap()).unwrap());
        assert_eq!(answer.member, format!("{}_response", method.replace('.', "_")));
        assert!(answer.key.is_some(), "{answer:?}");
        answer
    }

    /// Returns the URL of a payment page.
    pub fn page(&self, biz: &Value, now: Timestamp) -> String {
        let mut params = params("alipay.trade.page.pay", biz, now);
        self.sign(&mut params);
        format!("{}?{}", self.url, form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish())
    }

    /// Reads an answer, which must have a valid signature or none.
    pub fn read(&self, text: &str) -> Answer {
        let (answer, is_signed) = self.parse(text);
        assert_eq!(answer.key.is_some(), is_signed, "an invalid signature: {text}");
        answer
    }

    /// Whether an answer has a valid signature.
    pub fn is_signed(&self, text: &str) -> bool {
        self.parse(text).0.key.is_some()
    }

    /// Parses an answer. Also returns whether it has a signature, valid or not. The signature covers the raw text of
    /// the member with the content.
    fn parse(&self, text: &str) -> (Answer, bool) {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).unwrap();
        let text_of = |raw: Box<RawValue>| serde_json::from_str::<String>(raw.get()).unwrap();
        let (sign, cert_sn) = (members.remove("sign").map(text_of), members.remove("alipay_cert_sn").map(text_of));
        let (member, raw) = members.pop_first().unwrap();
        assert!(members.is_empty(), "{text}");
        let keys = [&self.platform, &self.platform_2];
        let by = |sign: &String| keys.iter().position(|key| key.verifies(raw.get().as_bytes(), sign));
        let key = sign.as_ref().and_then(by);
        (Answer { member, body: serde_json::from_str(raw.get()).unwrap(), key, cert_sn }, sign.is_some())
    }
}

/// Content of a request for a QR code.
pub fn code_order(out_trade_no: &str) -> Value {
    json!({"out_trade_no": out_trade_no, "total_amount": "88.88", "subject": "测试商品 A+B"})
}

/// Content of a request for a payment page.
pub fn page_order(out_trade_no: &str) -> Value {
    let mut biz = code_order(out_trade_no);
    biz["product_code"] = json!("FAST_INSTANT_TRADE_PAY");
    biz
}

fn vectors(kind: &'static str) -> impl Iterator<Item = &'static Value> {
    VECTORS["vectors"].as_array().unwrap().iter().filter(move |vector| vector["kind"] == kind)
}

#[actix_web::test]
async fn the_requests_of_the_test_vectors_are_accepted_and_refused_with_any_parameter_changed() {
    let alipay = Alipay::start().await;
    let now = Timestamp(1_760_000_000_000);
    for vector in vectors("alipay_request_sign") {
        let text = |field: &str| vector["expect"][field].as_str().unwrap();
        let judge = |query: &str, body: &str| {
            let request = RawRequest::new("POST", &format!("/gateway.do?{query}"), &[("content-type", FORM)], body);
            alipay.judge(&request, now)
        };
        let (query, body) = (text("query_string"), text("form_body"));
        assert_eq!(judge(query, body), "ok", "{}", vector["id"]);
        assert_ne!(judge(query, &format!("{body}+")), "ok");
        let pairs: Vec<&str> = query.split('&').collect();
        for at in 0..pairs.len() {
            let with = |change: &dyn Fn(&str) -> String| {
                let mut pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
                pairs[at] = change(&pairs[at]);
                judge(&pairs.join("&"), body)
            };
            assert_eq!(with(&str::to_owned), "ok");
            assert_ne!(with(&|pair| format!("{pair}0")), "ok", "{}", pairs[at]);
            assert_ne!(with(&|pair| format!("x{pair}")), "ok", "{}", pairs[at]);
            assert_ne!(with(&|pair| format!("{pair}&{pair}")), "ok", "{}", pairs[at]);
        }
    }
}

#[actix_web::test]
async fn a_missing_or_wrong_parameter_is_refused_although_the_signature_is_valid() {
    let alipay = Alipay::start().await;
    let (shop, now) = (Shop::of(&alipay), Clock::default().now());
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    for (name, value, code) in [
        ("app_id", None, "isv.missing-app-id"),
        ("app_id", Some("2021000000000009"), "isv.invalid-app-id"),
        ("method", None, "isv.missing-method"),
        ("method", Some("alipay.trade.qurey"), "isv.invalid-method"),
        ("charset", None, "isv.invalid-parameter"),
        ("charset", Some("gbk"), "isv.invalid-parameter"),
        ("sign_type", Some("RSA"), "isv.invalid-signature-type"),
        ("version", Some("2.0"), "isv.invalid-version"),
        ("format", Some("xml"), "isv.invalid-format"),
        ("format", Some(""), "isv.invalid-parameter"),
        ("timestamp", None, "isv.missing-timestamp"),
        ("timestamp", Some(&*china_time(now.minus(minutes(16)))), "isv.invalid-timestamp"),
        ("timestamp", Some(&*china_time(now.plus(minutes(16)))), "isv.invalid-timestamp"),
        ("timestamp", Some(&*china_time(now.minus(minutes(8 * 60)))), "isv.invalid-timestamp"),
        ("timestamp", Some(&*china_time(now).replace(' ', "T")), "isv.invalid-timestamp"),
        ("biz_content", None, "isv.missing-biz-content"),
        ("biz_content", Some("[]"), "isv.invalid-parameter"),
        ("app_cert_sn", Some("c1af28455d071840f3c9f462c99efcf1"), "isv.invalid-app-cert-sn"),
        ("encrypt_type", Some("AES"), "isv.invalid-encrypt-type"),
    ] {
        let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now);
        match value {
            Some(value) => drop(params.insert(name.to_owned(), value.to_owned())),
            None => drop(params.remove(name)),
        }
        shop.sign(&mut params);
        assert_eq!(shop.send(&params).await.code(), code, "{name} {value:?}");
    }
    assert_eq!(alipay.complaints().len(), 19);
    let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now.minus(minutes(14)));
    shop.sign(&mut params);
    assert_eq!(shop.send(&params).await.code(), "ACQ.TRADE_NOT_EXIST");
}

#[actix_web::test]
async fn the_application_is_checked_before_the_signature_and_errors_up_to_there_are_unsigned() {
    let alipay = Alipay::start().await;
    let (shop, now) = (Shop::of(&alipay), Clock::default().now());
    let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now);
    params.insert("sign".to_owned(), Key::named("wx_merchant").sign(b"something else"));
    let answer = shop.send(&params).await;
    assert_eq!((answer.member.as_str(), answer.code()), ("error_response", "isv.invalid-signature"));
    assert!(answer.key.is_none() && answer.body["code"] == "40002");
    params.insert("app_id".to_owned(), "1".to_owned());
    assert_eq!(shop.send(&params).await.code(), "isv.invalid-app-id");
    // The timestamp is checked after the signature, so this error is signed.
    params.insert("app_id".to_owned(), "2021000000000001".to_owned());
    params.insert("timestamp".to_owned(), "2025-10-09 16:53:20".to_owned());
    params.remove("sign");
    shop.sign(&mut params);
    let answer = shop.send(&params).await;
    assert_eq!((answer.member.as_str(), answer.code()), ("alipay_trade_query_response", "isv.invalid-timestamp"));
    assert!(answer.key.is_some());
}

#[actix_web::test]
async fn the_content_must_be_in_the_body_and_all_other_parameters_in_the_query() {
    let alipay = Alipay::start().await;
    let (shop, now) = (Shop::of(&alipay), Clock::default().now());
    let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now);
    shop.sign(&mut params);
    let (query, body) = Shop::parts(&params);
    let judge = |method: &str, target: String, content_type: &str, body: &str| {
        alipay.judge(&RawRequest::new(method, &target, &[("content-type", content_type)], body), now)
    };
    assert_eq!(judge("POST", format!("/gateway.do?{query}"), FORM, &body), "ok");
    for (method, target, content_type, body) in [
        ("POST", format!("/gateway.do?{query}&{body}"), FORM, ""),
        ("POST", "/gateway.do".to_owned(), FORM, &*format!("{query}&{body}")),
        ("POST", format!("/gateway?{query}"), FORM, &body),
        ("POST", format!("/gateway.do?{query}"), "application/x-www-form-urlencoded", &body),
        ("POST", format!("/gateway.do?{query}"), "application/json", &body),
        ("PUT", format!("/gateway.do?{query}"), FORM, &body),
        ("GET", format!("/gateway.do?{query}&{body}"), FORM, ""),
    ] {
        assert_ne!(judge(method, target.clone(), content_type, body), "ok", "{method} {target}");
    }
}

#[actix_web::test]
async fn with_certificates_each_side_names_the_certificate_it_uses() {
    let expected = &vectors("alipay_cert_sn").next().unwrap()["expect"]["sn"];
    let [one, other] = ["ali_cert_1", "ali_cert_2"].map(|name| VECTORS["keys"][name]["pem"].as_str().unwrap());
    assert_eq!(json!(certificate::number(one)), *expected);
    let alipay = Alipay::with_certificates().await;
    let (shop, now) = (Shop::of(&alipay), Clock::default().now());
    let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now);
    shop.sign(&mut params);
    assert_eq!(shop.send(&params).await.code(), "isv.invalid-app-cert-sn");
    params.remove("sign");
    // The serial numbers of two of the three roots, because the middle one is not signed with RSA.
    let roots = "f72341987d105ff77af2954133b8f68b_c85019fd1aa3eec588a3a69cd2e747d9";
    params.insert("app_cert_sn".to_owned(), "5efded0a3b149d729346d760735b83e1".to_owned());
    params.insert("alipay_root_cert_sn".to_owned(), roots.to_owned());
    shop.sign(&mut params);
    let answer = shop.send(&params).await;
    assert_eq!((answer.key, answer.cert_sn), (Some(0), Some(certificate::number(one))));
    alipay.change_key();
    let answer = shop.send(&params).await;
    assert_eq!((answer.key, answer.cert_sn), (Some(1), Some(certificate::number(other))));
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::UnknownKey));
    let unknown = shop.send(&params).await.cert_sn.unwrap();
    assert!(unknown.len() == 32 && ![one, other].map(certificate::number).contains(&unknown));
}

#[actix_web::test]
async fn an_encrypted_request_is_decrypted_and_gets_an_encrypted_answer() {
    let text = r#"{"out_trade_no":"P202510090001"}"#;
    let encrypted = "hM7TQ18QF5bhZ+Favk3byXwWWkPMEFDi2gByf5HZGabRltH5Qw6aQJ+gXrx+IvDM";
    assert_eq!(cipher::encrypt(AES_KEY, text), encrypted);
    assert_eq!(cipher::decrypt(AES_KEY, encrypted).as_deref(), Some(text));
    let alipay = Alipay::with_encryption().await;
    let (shop, now) = (Shop::of(&alipay), Clock::default().now());
    let mut params = params("alipay.trade.query", &json!({"out_trade_no": "1"}), now);
    shop.sign(&mut params);
    let answer = shop.send(&params).await;
    let refused = cipher::decrypt(AES_KEY, answer.body.as_str().unwrap()).unwrap();
    assert!(answer.key.is_some() && refused.contains("isv.invalid-encrypt-type"), "{refused}");
    params.remove("sign");
    params.insert("encrypt_type".to_owned(), "AES".to_owned());
    params.insert("biz_content".to_owned(), encrypted.to_owned());
    shop.sign(&mut params);
    let answer = shop.send(&params).await;
    let answer = cipher::decrypt(AES_KEY, answer.body.as_str().unwrap()).unwrap();
    assert!(answer.contains("ACQ.TRADE_NOT_EXIST"), "{answer}");
}
