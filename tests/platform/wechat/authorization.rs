//! WeChat Pay's checks of a request's headers: merchant, key, time, nonce and signature.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use tradepost::domain::clock::Timestamp;

use super::Account;
use crate::platform::engine::lock;
use crate::platform::front::Said;
use crate::platform::server::Asked;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";
const SKEW_MAX: Duration = Duration::from_secs(5 * 60);
const NAMES: [&str; 5] = ["mchid", "nonce_str", "serial_no", "signature", "timestamp"];

fn refuse<T>(why: &str) -> Result<T, Said> {
    Err(Said::early("SIGN_ERROR", why))
}

/// Checks that a request is the merchant's. The nonce of an accepted request cannot be used again.
///
/// # Errors
/// The answer to a request that fails a check.
pub fn check(account: &Account, seen: &Mutex<HashSet<String>>, asked: &Asked, now: Timestamp) -> Result<(), Said> {
    let fields = fields(asked.header("authorization").unwrap_or_default())?;
    let field = |name: &str| fields[name];
    if field("mchid") != account.mchid {
        return refuse("somebody else's mchid");
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
    if !account.merchant.verifies(&message(asked, timestamp, nonce), field("signature")) {
        return refuse("the signature is not one of this request");
    }
    if !lock(seen).insert(nonce.to_owned()) {
        return refuse("nonce_str was used before");
    }
    headers(account, asked)
}

/// The pairs of the header: each name once, each value in quotes, separated by a comma and nothing else.
fn fields(header: &str) -> Result<BTreeMap<&str, &str>, Said> {
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
fn message(asked: &Asked, timestamp: &str, nonce: &str) -> Vec<u8> {
    let head = format!("{}\n{}\n{timestamp}\n{nonce}\n", asked.method, asked.target);
    [head.as_bytes(), &asked.body, b"\n"].concat()
}

/// Checks the other headers.
fn headers(account: &Account, asked: &Asked) -> Result<(), Said> {
    let wrong = |why: &str| Err(Said::wrong("PARAM_ERROR", why));
    if asked.header("accept") != Some("application/json") {
        return wrong("Accept must be application/json");
    }
    if asked.header("user-agent").is_none() {
        return wrong("no User-Agent");
    }
    let content_type = asked.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default());
    if asked.method == "POST" && content_type != Some("application/json") {
        return wrong("Content-Type must be application/json");
    }
    match asked.header("wechatpay-serial") {
        Some(serial) if account.key(serial).is_none() => wrong("WeChat Pay has no key with this Wechatpay-Serial"),
        _ => Ok(()),
    }
}
