//! Test vectors of the platforms' protocols, checked with the production code: signatures, notices, answers, amounts.
//! The repository's own vectors are in `tests/vectors`. `TRADEPOST_VECTORS` names further files, separated by `:`. A
//! vector fails if its kind is unknown, or if it has an input or an expectation that its check does not read.

mod alipay;
mod book;
mod certificate;
mod sandbox;
mod wechat;

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};
use tradepost::gateway::{Reject, WrongRecipient};
use tradepost::pay::error::Rejected;

pub use book::{Book, Orders};

/// The result of a vector; the error says what is wrong.
pub type Verdict = Result<(), String>;

/// A file of vectors.
pub struct File {
    keys: Value,
    configs: Value,
    vectors: Vec<Vector>,
}

/// A vector. Each kind has types for its input and its expectations. A member that such a type lacks fails the vector,
/// and the compiler warns of a member that is not read. Prose begins with an underscore.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    id: String,
    platform: String,
    kind: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    steps: Vec<String>,
    expect: Value,
    #[serde(rename = "origin")]
    _origin: IgnoredAny,
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
}

/// The expectations of a sequence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedSequence {
    ok: bool,
    r#final: FinalState,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FinalState {
    state: String,
    paid_events: Option<i64>,
    refunded_fen: Option<i64>,
    replies: Option<Vec<String>>,
    #[serde(default, rename = "must")]
    _must: IgnoredAny,
}

impl Vector {
    /// The input and the expectations.
    ///
    /// # Errors
    /// A member that is missing or not known.
    pub fn parts<I: DeserializeOwned, E: DeserializeOwned>(&self) -> Result<(I, E), String> {
        Ok((parsed("input", &self.input)?, parsed("expect", &self.expect)?))
    }
}

fn parsed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{what}: {error}"))
}

impl File {
    fn read(text: &str) -> Self {
        let mut file: Value = serde_json::from_str(text).unwrap();
        let vectors = serde_json::from_value(file["vectors"].take()).unwrap();
        Self { keys: file["keys"].take(), configs: file["configs"].take(), vectors }
    }

    /// The key with this name.
    pub fn key(&self, name: &str) -> &Value {
        self.keys.get(name).unwrap_or_else(|| panic!("no key {name}"))
    }

    /// A configuration, given by its name or as a value, with the members of `changes` in place of its own.
    ///
    /// # Errors
    /// A member that is missing or not known.
    pub fn config<T: DeserializeOwned>(&self, named: &Value, changes: &Map<String, Value>) -> Result<T, String> {
        let mut config = named.as_str().map_or(named, |name| &self.configs[name]).clone();
        for (member, value) in changes {
            config[member] = value.clone();
        }
        parsed("config", &config)
    }

    /// The vector with this id, for a sequence that refers to it.
    fn vector(&self, id: &str) -> &Vector {
        self.vectors.iter().find(|vector| vector.id == id).unwrap_or_else(|| panic!("no vector {id}"))
    }

    async fn check(&self, vector: &Vector) -> Verdict {
        match (vector.platform.as_str(), vector.kind.as_str()) {
            ("alipay" | "wechat", "sequence") => self.sequence(vector).await,
            (_, "yuan_to_fen") => alipay::amount(vector),
            ("alipay", _) => alipay::check(self, vector).await,
            ("wechat", _) => wechat::check(self, vector).await,
            ("stripe", _) => sandbox::check(self, vector),
            other => Err(format!("unknown kind: {other:?}")),
        }
    }

    /// Checks a sequence of notices for one store, that of the first step's configuration.
    async fn sequence(&self, vector: &Vector) -> Verdict {
        let expect: ExpectedSequence = parsed("expect", &vector.expect)?;
        let (mut book, mut replies) = (None, Vec::new());
        for step in vector.steps.iter().map(|id| self.vector(id)) {
            let (read, orders) = match vector.platform.as_str() {
                "alipay" => alipay::read(self, step)?,
                _ => wechat::read(self, step)?,
            };
            if book.is_none() {
                book = Some(Book::open(&vector.platform, &orders).await);
            }
            let notice = read.map_err(|reject| reject.to_string())?;
            let accepted = book.as_mut().unwrap().notify(notice).await;
            replies.push(if accepted.is_ok() { "ok" } else { "fail" });
        }
        let found = book.ok_or("the sequence has no steps")?.state();
        let FinalState { state, paid_events, refunded_fen, replies: expected_replies, .. } = expect.r#final;
        same("ok", &json!(true), &json!(expect.ok))?;
        same("state", &found["state"], &json!(state))?;
        same("paid_events", &found["paid_events"], &json!(paid_events))?;
        refunded_fen.map_or(Ok(()), |fen| same("refunded_fen", &found["refunded_fen"], &json!(fen)))?;
        expected_replies.map_or(Ok(()), |expected| same("replies", &json!(replies), &json!(expected)))
    }
}

/// The string in a value; panics if it is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// Compares a value with the expected one; `what` names it in the error.
pub fn same(what: &str, found: &Value, expected: &Value) -> Verdict {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found}, not {expected}")) }
}

/// Compares the outcome of a check with the expected one: whether it succeeded, and the reason if not.
pub fn decided(found: Result<(), &str>, ok: bool, reason: Option<&str>) -> Verdict {
    same("ok", &json!(found.is_ok()), &json!(ok))?;
    reason.map_or(Ok(()), |expected| same("reason", &json!(found.err()), &json!(expected)))
}

/// The reason with which the vectors name a callback that cannot be read.
pub const fn reject_reason(reject: Reject) -> &'static str {
    match reject {
        Reject::MissingHeader => "missing_header",
        Reject::MissingSignature => "missing_signature",
        Reject::UnknownKey => "unknown_serial",
        Reject::Signature => "bad_signature",
        Reject::SignType => "sign_type_mismatch",
        Reject::Charset => "charset_mismatch",
        Reject::Stale => "stale_timestamp",
        Reject::Future => "future_timestamp",
        Reject::Duplicate => "duplicate_param",
        Reject::Stamp | Reject::Unreadable => "malformed",
        Reject::Algorithm => "unsupported_algorithm",
        Reject::Ciphertext => "bad_ciphertext",
    }
}

/// The reason with which the vectors name a notice that is refused.
pub const fn rejected_reason(rejected: Rejected) -> &'static str {
    match rejected {
        Rejected::UnknownPayment => "unknown_order",
        Rejected::Amount | Rejected::RefundAmount => "amount_mismatch",
        Rejected::Currency => "currency_mismatch",
        Rejected::WrongRecipient(WrongRecipient::App) => "app_id_mismatch",
        Rejected::WrongRecipient(WrongRecipient::Seller) => "seller_mismatch",
        Rejected::WrongRecipient(WrongRecipient::Merchant) => "mchid_mismatch",
        Rejected::UnknownRefund => "unknown_refund",
        Rejected::AnotherTrade | Rejected::TradeOfAnother => "another_trade",
        Rejected::GivenBack => "given_back",
    }
}

async fn check_all(name: &str, file: &File) {
    let mut wrong = Vec::new();
    let mut kinds: HashMap<&str, u32> = HashMap::new();
    for vector in &file.vectors {
        *kinds.entry(&vector.kind).or_default() += 1;
        if let Err(why) = file.check(vector).await {
            wrong.push(format!("{}: {why}", vector.id));
        }
    }
    println!("{name}: {} vectors, {kinds:?}", file.vectors.len());
    assert!(wrong.is_empty(), "{name}: {} vectors fail:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!file.vectors.is_empty(), "{name} has no vectors");
}

#[actix_web::test]
async fn our_vectors_pass() {
    check_all("payment_own.json", &File::read(include_str!("../../vectors/payment_own.json"))).await;
}

#[actix_web::test]
#[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
async fn further_vectors_pass() {
    let named = std::env::var("TRADEPOST_VECTORS").unwrap_or_default();
    for path in named.split(':').filter(|path| !path.is_empty()) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        check_all(path, &File::read(&text)).await;
    }
}

#[actix_web::test]
async fn a_vector_of_an_unknown_kind_fails() {
    let why =
        verdict(r#"{"id": "x", "platform": "alipay", "kind": "unknown", "input": {}, "expect": {}, "origin": ""}"#);
    assert_eq!(why.await.unwrap_err(), "unknown kind: unknown");
}

#[actix_web::test]
async fn an_input_or_expectation_that_is_not_read_fails_its_vector() {
    let vector = |input: &str, expect: &str| {
        format!(
            r#"{{"id": "x", "platform": "alipay", "kind": "yuan_to_fen", "origin": "", "input": {{"yuan": "1"{input}}},
                "expect": {{"ok": true, "fen": 100{expect}}}}}"#
        )
    };
    verdict(&vector("", "")).await.unwrap();
    let why = verdict(&vector(r#", "currency": "CNY""#, "")).await.unwrap_err();
    assert!(why.starts_with("input: unknown field `currency`"), "{why}");
    let why = verdict(&vector("", r#", "jiao": 10"#)).await.unwrap_err();
    assert!(why.starts_with("expect: unknown field `jiao`"), "{why}");
}

/// Checks each shown notice again with one member of its configuration changed, which changes the outcome.
#[actix_web::test]
async fn a_changed_configuration_changes_the_outcome() {
    let file = File::read(include_str!("../../vectors/payment_own.json"));
    for (id, changes, reason) in [
        ("own-ali-notify-paid", json!({"app_id": "2021000000000009"}), "app_id_mismatch"),
        ("own-ali-notify-paid", json!({"seller_id": "2088000000000009"}), "seller_mismatch"),
        ("own-ali-notify-paid", json!({"verify_key": "ali_platform_2"}), "bad_signature"),
        ("own-ali-notify-paid", json!({"orders": {"P202510090001": {"total_fen": 8887}}}), "amount_mismatch"),
        ("own-wx-notify-pubkey", json!({"apiv3_key": "too short"}), "bad_key_length"),
        ("own-wx-notify-pubkey", json!({"apiv3_key": "AnotherTestKey_0123456789abcdef0"}), "bad_ciphertext"),
        ("own-wx-notify-pubkey", json!({"mchid": "1900000009"}), "mchid_mismatch"),
        ("own-wx-notify-pubkey", json!({"orders": {}}), "unknown_order"),
    ] {
        let shown = file.vector(id);
        let mut vector: Vector = serde_json::from_value(json!({"id": id, "platform": shown.platform,
            "kind": shown.kind, "origin": "", "input": shown.input, "expect": {"ok": false, "reason": reason}}))
        .unwrap();
        vector.input["config_override"] = changes.clone();
        file.check(&vector).await.unwrap_or_else(|why| panic!("{id} with {changes}: {why}"));
    }
}

/// A request in certificate mode names both certificates, and they are signed.
#[actix_web::test]
async fn a_request_in_certificate_mode_is_checked_with_its_certificates() {
    let file = File::read(include_str!("../../vectors/payment_own.json"));
    let shown = file.vector("own-ali-sign-refund");
    let mut vector: Vector = serde_json::from_value(json!({"id": "x", "platform": "alipay",
        "kind": "alipay_request_sign", "origin": "", "input": shown.input, "expect": shown.expect}))
    .unwrap();
    vector.input["params"]["app_cert_sn"] = json!("c1af28455d071840f3c9f462c99efcf1");
    let why = file.check(&vector).await.unwrap_err();
    assert!(why.contains("app_cert_sn=c1af28455d071840f3c9f462c99efcf1&"), "{why}");
    vector.input["params"]["app_cert_number"] = json!("5");
    assert_eq!(file.check(&vector).await.unwrap_err(), "app_cert_number is not sent");
}

async fn verdict(vector: &str) -> Verdict {
    let file = File::read(&format!(r#"{{"keys": {{}}, "vectors": [{vector}]}}"#));
    file.check(&file.vectors[0]).await
}
