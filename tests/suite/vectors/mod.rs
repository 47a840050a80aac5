//! Test vectors of the platforms' protocols, checked with the production code: signatures, notices, answers, amounts.
//! The repository's own vectors are in `tests/vectors`. `TRADEPOST_VECTORS` names further files, separated by `:`. A
//! vector of an unknown kind fails.

mod alipay;
mod book;
mod sandbox;
mod wechat;

use std::collections::HashMap;

use serde_json::{Value, json};
use tradepost::gateway::{Reject, WrongRecipient};
use tradepost::pay::error::Rejected;

pub use book::Book;

/// The result of a vector; the error says what is wrong.
pub type Verdict = Result<(), String>;

/// A file of vectors.
pub struct File {
    keys: Value,
    configs: Value,
    vectors: Vec<Value>,
}

impl File {
    fn read(text: &str) -> Self {
        let mut file: Value = serde_json::from_str(text).unwrap();
        let Value::Array(vectors) = file["vectors"].take() else { panic!("no vectors") };
        Self { keys: file["keys"].take(), configs: file["configs"].take(), vectors }
    }

    /// The key with this name.
    pub fn key(&self, name: &str) -> &Value {
        self.keys.get(name).unwrap_or_else(|| panic!("no key {name}"))
    }

    /// A configuration, given by its name or as a value.
    pub fn config<'a>(&'a self, named: &'a Value) -> &'a Value {
        named.as_str().map_or(named, |name| &self.configs[name])
    }

    /// The vector with this id, for a sequence that refers to it.
    fn vector(&self, id: &str) -> &Value {
        self.vectors.iter().find(|vector| vector["id"] == id).unwrap_or_else(|| panic!("no vector {id}"))
    }

    async fn check(&self, vector: &Value) -> Verdict {
        let platform = text(&vector["platform"]);
        match (platform, text(&vector["kind"])) {
            ("alipay", "sequence") | ("wechat", "sequence") => self.sequence(vector).await,
            (_, "yuan_to_fen") => alipay::amount(vector),
            ("alipay", _) => alipay::check(self, vector).await,
            ("wechat", _) => wechat::check(self, vector).await,
            ("stripe", _) => sandbox::check(self, vector),
            other => Err(format!("unknown kind: {other:?}")),
        }
    }

    /// Checks a sequence of notices for one store.
    async fn sequence(&self, vector: &Value) -> Verdict {
        let steps: Vec<&Value> = vector["steps"].as_array().unwrap().iter().map(|id| self.vector(text(id))).collect();
        let config = self.config(&steps[0]["input"]["config"]);
        let mut book = Book::open(text(&vector["platform"]), config).await;
        let mut replies = Vec::new();
        for step in steps {
            let read = match text(&vector["platform"]) {
                "alipay" => alipay::read(self, step),
                _ => wechat::read(self, step),
            };
            let accepted = book.notify(read.map_err(|reject| reject.to_string())?).await;
            replies.push(if accepted.is_ok() { "ok" } else { "fail" });
        }
        let expected = &vector["expect"]["final"];
        let found = book.state();
        for (field, value) in expected.as_object().unwrap() {
            let actual = match field.as_str() {
                "replies" => json!(replies),
                // Prose for the reader; the state is what is compared.
                "must" => continue,
                field => found[field].clone(),
            };
            same(field, &actual, value)?;
        }
        Ok(())
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
        Rejected::AnotherTrade => "another_trade",
    }
}

async fn check_all(name: &str, file: &File) {
    let mut wrong = Vec::new();
    let mut kinds: HashMap<&str, u32> = HashMap::new();
    for vector in &file.vectors {
        *kinds.entry(text(&vector["kind"])).or_default() += 1;
        if let Err(why) = file.check(vector).await {
            wrong.push(format!("{}: {why}", text(&vector["id"])));
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
    let text = r#"{"keys": {}, "vectors": [{"id": "x", "platform": "alipay", "kind": "unknown", "input": {}}]}"#;
    let file = File::read(text);
    file.check(&file.vectors[0]).await.unwrap_err();
}
