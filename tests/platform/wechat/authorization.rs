//! WeChat Pay's checks of a request's headers: merchant, key, time, nonce and signature.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use tradepost::domain::clock::Timestamp;

use super::Account;
use crate::platform::engine::lock;
use crate::platform::front::Answer;
use crate::platform::server::RawRequest;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";
const SKEW_MAX: Duration = Duration::from_secs(5 * 60);
const NAMES: [&str; 5] = ["mchid", "nonce_str", "serial_no", "signature", "timestamp"];

fn refuse<T>(why: &str) -> Result<T, Answer> {
    Err(Answer::early("SIGN_ERROR", why))
}

/// Checks that a request is the merchant's. The nonce of an accepted request cannot be used again.
///
/// # Errors
/// The answer to a request that fails a check.
pub fn check(
    account: &Account,
    seen: &Mutex<HashSet<String>>,
    request: &RawRequest,
    now: Timestamp,
) -> Result<(), Answer> {
    let fields = fields(request.header("authorization").unwrap_or_default())?;
    let field = |name: &str| fields[name];
    if field("mchid") != account.mchid {
        return refuse("the mchid of another merchant");
    }
    if field("serial_no") != account.serial {
        return refuse("the merchant has no certificate with this serial_no");
    }
    let nonce = field("nonce_str");
    if nonce.is_empty() || nonce.len() > 32 {
        return refuse("nonce_str must have up to 32 characters");
    }
    let timestamp = field("timestamp");
    let at: Option<i64> = timestamp.parse().ok().filter(|at: &i64| at.to_string() == timestamp);
    let at = Timestamp(at.and_then(|at| at.checked_mul(1000)).unwrap_or_default());
    if at.since(now).max(now.since(at)) > SKEW_MAX {
        return refuse("timestamp is not within five minutes");
    }
    if !account.merchant.verifies(&message(request, timestamp, nonce), field("signature")) {
        return refuse("the signature is not one of this request");
    }
    if !lock(seen).insert(nonce.to_owned()) {
        return refuse("nonce_str was used before");
    }
    headers(account, request)
}

/// The pairs of the header: each name once, each value in quotes, separated by a comma and nothing else.
fn fields(header: &str) -> Result<BTreeMap<&str, &str>, Answer> {
    let Some(pairs) = header.strip_prefix(SCHEME) else { return refuse("another scheme, or none") };
    let mut fields = BTreeMap::new();
    for pair in pairs.split(',') {
        let Some((name, quoted)) = pair.split_once('=') else { return refuse("a pair without =") };
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let Some(inner) = inner.filter(|inner| !inner.contains('"')) else { return refuse("a value without quotes") };
        if fields.insert(name, inner).is_some() {
            return refuse("a name that is there twice");
        }
    }
    if fields.keys().ne(NAMES.iter()) {
        return refuse("other names than those five");
    }
    Ok(fields)
}

/// The signed text: five lines, each with a line end. They are method, target, timestamp, nonce and body.
fn message(request: &RawRequest, timestamp: &str, nonce: &str) -> Vec<u8> {
    let head = format!("{}\n{}\n{timestamp}\n{nonce}\n", request.method, request.target);
    [head.as_bytes(), &request.body, b"\n"].concat()
}

/// Checks the other headers.
fn headers(account: &Account, request: &RawRequest) -> Result<(), Answer> {
    let wrong = |why: &str| Err(Answer::wrong("PARAM_ERROR", why));
    if request.header("accept") != Some("application/json") {
        return wrong("Accept must be application/json");
    }
    if request.header("user-agent").is_none() {
        return wrong("no User-Agent");
    }
    let content_type = request.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default());
    if request.method == "POST" && content_type != Some("application/json") {
        return wrong("Content-Type must be application/json");
    }
    match request.header("wechatpay-serial") {
        Some(serial) if account.key(serial).is_none() => wrong("WeChat Pay has no key with this Wechatpay-Serial"),
        _ => Ok(()),
    }
}
