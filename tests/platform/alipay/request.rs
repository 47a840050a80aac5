//! The gateway's checks of a request before it executes it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use tradepost::domain::clock::Timestamp;

use super::Account;
use super::cipher;
use crate::platform::china::read_wall;
use crate::platform::front::Answer;
use crate::platform::server::RawRequest;

/// Largest difference between the shop's clock and Alipay's.
const SKEW_MAX: Duration = Duration::from_secs(15 * 60);
const FORM: &str = "application/x-www-form-urlencoded";

/// A request with a valid signature.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub params: BTreeMap<String, String>,
    pub biz: Map<String, Value>,
}

impl Request {
    /// The request for the file of a bill, which needs no signature: its address is a secret for half a minute.
    pub fn of_bill(query: &str) -> Self {
        let params = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { method: super::operation::BILL_PATH.to_owned(), params, biz: Map::new() }
    }
}

/// Reads a request. The application is checked before the signature, so an error of the one says nothing about the
/// other. Answers to errors up to the signature are not signed.
///
/// # Errors
/// The gateway's answer to a request that fails a check.
pub fn read(account: &Account, request: &RawRequest, now: Timestamp) -> Result<Request, Answer> {
    let params = params(request)?;
    let find = |name: &str| params.get(name).map(String::as_str);
    let must = |name: &str, missing: &str| find(name).ok_or_else(|| Answer::early(missing, &format!("no {name}")));
    let is = |name: &str, value: &str, code: &str| match find(name) {
        Some(found) if found == value => Ok(()),
        found => Err(Answer::early(code, &format!("{name} is {found:?}"))),
    };
    if must("app_id", "isv.missing-app-id")? != account.app_id {
        return Err(Answer::early("isv.invalid-app-id", "the app_id of another application"));
    }
    let method = must("method", "isv.missing-method")?.to_owned();
    let is_page = method == super::page::METHOD;
    if !super::operation::METHODS.contains(&method.as_str()) {
        return Err(Answer::early("isv.invalid-method", &method));
    }
    if request.method != "POST" && !is_page {
        return Err(Answer::early("isv.invalid-method", "only pages are opened with GET"));
    }
    is("sign_type", "RSA2", "isv.invalid-signature-type")?;
    is("version", "1.0", "isv.invalid-version")?;
    if find("format").is_some_and(|format| format != "JSON") {
        return Err(Answer::early("isv.invalid-format", "format must be JSON"));
    }
    let timestamp = must("timestamp", "isv.missing-timestamp")?;
    let sign = must("sign", "isv.missing-signature")?;
    certificates(account, &params)?;
    if !account.app.verifies(canonical(&params).as_bytes(), sign) {
        return Err(Answer::early("isv.invalid-signature", &canonical(&params)));
    }
    let wrong = |code: &str, why: &str| Err(Answer::wrong(code, why));
    match read_wall(timestamp) {
        Some(at) if at.since(now).max(now.since(at)) <= SKEW_MAX => {}
        _ => return wrong("isv.invalid-timestamp", timestamp),
    }
    let content = must("biz_content", "isv.missing-biz-content")?;
    let content = match (&account.aes, find("encrypt_type")) {
        (None, None) => Some(content.to_owned()),
        (Some(key), Some("AES")) => cipher::decrypt(key, content),
        _ => return wrong("isv.invalid-encrypt-type", "encryption is set up on one side only"),
    };
    let Some(Ok(Value::Object(biz))) = content.map(|content| serde_json::from_str(&content)) else {
        return wrong("isv.invalid-parameter", "biz_content is no JSON object");
    };
    Ok(Request { method, params, biz })
}

/// All parameters. `biz_content` is in the body and everything else in the query; `charset` must be in the query,
/// because the body cannot be read without it. A page that is opened as a link has everything in the query.
fn params(request: &RawRequest) -> Result<BTreeMap<String, String>, Answer> {
    let malformed = |why: &str| Answer::early("isv.invalid-parameter", why);
    if request.path != super::PATH {
        return Err(malformed("not the gateway's path"));
    }
    let mut params = BTreeMap::new();
    let body = match request.method.as_str() {
        "GET" if request.body.is_empty() => &[],
        "POST" => request.body.as_slice(),
        _ => return Err(malformed("neither a link nor a form")),
    };
    let mut add = |part: &[u8], in_body: bool| {
        for (name, value) in form_urlencoded::parse(part) {
            if value.is_empty() {
                return Err(malformed(&format!("{name} is empty: it is not to be sent")));
            }
            if (name == "biz_content") != in_body && request.method == "POST" {
                return Err(malformed(&format!("{name} is in the wrong place")));
            }
            if params.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(malformed(&format!("{name} is there twice")));
            }
        }
        Ok(())
    };
    add(request.query().as_bytes(), false)?;
    add(body, true)?;
    let charset = params.get("charset").ok_or_else(|| malformed("no charset in the query"))?;
    let mut content_type = request.header("content-type").unwrap_or_default().split(';').map(str::trim);
    let is_form = content_type.next() == Some(FORM)
        && content_type.next().is_some_and(|charset| charset.eq_ignore_ascii_case("charset=utf-8"));
    if !charset.eq_ignore_ascii_case("utf-8") || (request.method == "POST" && !is_form) {
        return Err(malformed("the charset is not utf-8, or the body is no form that says so"));
    }
    Ok(params)
}

/// Checks the certificate numbers, which a request names if and only if there are certificates.
fn certificates(account: &Account, params: &BTreeMap<String, String>) -> Result<(), Answer> {
    let expected = account.certificates.as_ref().map(|numbers| (numbers.app_sn.as_str(), numbers.root_sn.as_str()));
    for (name, expected) in
        [("app_cert_sn", expected.map(|(app, _)| app)), ("alipay_root_cert_sn", expected.map(|(_, root)| root))]
    {
        let found = params.get(name).map(String::as_str);
        if found != expected {
            let code = format!("isv.invalid-{}", name.replace('_', "-"));
            return Err(Answer::early(&code, &format!("{name} is {found:?}")));
        }
    }
    Ok(())
}

/// The signed text: all parameters but `sign`, sorted by name and not encoded.
pub fn canonical(params: &BTreeMap<String, String>) -> String {
    let signed = params.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
    signed.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}
