//! What is checked of the settings before they are used.

use std::path::Path;

use awc::http::Uri;
use secrecy::ExposeSecret;

use super::TRADE_TYPES;
use crate::config;
use crate::gateway::Shop;

/// WeChat Pay takes so many bytes to name what is bought.
const DESCRIPTION_BYTES_MAX: usize = 127;
/// WeChat Pay takes so many bytes of an address.
const CALLBACK_BYTES_MAX: usize = 255;
/// A payment's number has at most so many digits.
const PAY_ID_BYTES_MAX: usize = 19;

/// This setting is wrong.
pub fn wrong(key: &str, why: impl std::fmt::Display) -> config::Error {
    config::Error::new(&format!("gateway.wechat.{key}"), why)
}

/// Who gives some of it meant to switch it on.
pub fn nothing_given(settings: &config::Wechat) -> Result<(), config::Error> {
    let given = [
        ("app_id", !settings.app_id.is_empty()),
        ("merchant_key", is_given(&settings.merchant_key)),
        ("merchant_serial", !settings.merchant_serial.is_empty()),
        ("api_v3_key", !settings.api_v3_key.expose_secret().is_empty()),
        ("platform_key_id", !settings.platform_key_id.is_empty()),
        ("platform_key", is_given(&settings.platform_key)),
        ("platform_certificates", is_given(&settings.platform_certificates)),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((key, _)) => Err(wrong(key, "is of no use while gateway.wechat.merchant_id is empty")),
        None => Ok(()),
    }
}

/// Whether a file is named.
pub fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

/// The parts that are no keys.
pub fn names_the_account(settings: &config::Wechat) -> Result<(), config::Error> {
    let merchant_id = &settings.merchant_id;
    if !(8..=10).contains(&merchant_id.len()) || !merchant_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("merchant_id", "must be 8 to 10 digits"));
    }
    let app_id = settings.app_id.strip_prefix("wx").unwrap_or_default();
    if !(1..=30).contains(&app_id.len()) || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(wrong("app_id", "must be wx and then letters and digits"));
    }
    let serial = &settings.merchant_serial;
    if !(1..=64).contains(&serial.len()) || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong("merchant_serial", "must be the certificate's serial number, in hexadecimal digits alone"));
    }
    let subject = &settings.subject;
    let longest = DESCRIPTION_BYTES_MAX - PAY_ID_BYTES_MAX - 1;
    if !(1..=longest).contains(&subject.len()) || subject.chars().any(char::is_control) {
        return Err(wrong("subject", format!("must have 1 to {longest} bytes, without control characters")));
    }
    Ok(())
}

/// WeChat Pay calls back at no other addresses.
pub fn callbacks_arrive(shop: &Shop) -> Result<(), config::Error> {
    let wrong = |why: &str| config::Error::new("http.public_url", why);
    let is_https = shop.public_url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    let is_uri = |url: String| url.len() <= CALLBACK_BYTES_MAX && url.parse::<Uri>().is_ok();
    if !is_https || shop.public_url.contains(['?', '#']) {
        return Err(wrong("must begin with https:// and have no query, as WeChat Pay calls back there"));
    }
    if !TRADE_TYPES.iter().all(|trade_type| is_uri(shop.callback_url(trade_type.name()))) {
        return Err(wrong("must be a short address, as WeChat Pay calls back there"));
    }
    Ok(())
}

/// Where WeChat Pay is reached.
pub fn urls(settings: &config::Wechat) -> Result<Vec<String>, config::Error> {
    let mut urls = Vec::new();
    for (key, url) in [("url", &settings.url), ("fallback_url", &settings.fallback_url)] {
        let is_http = url.parse::<Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        if url.is_empty() && key == "fallback_url" {
            continue;
        }
        if !is_http || url.contains(['?', '#']) {
            return Err(wrong(key, "must begin with http:// or https:// and have no query"));
        }
        urls.push(url.trim_end_matches('/').to_owned());
    }
    Ok(urls)
}

/// What is in the file a setting names.
pub fn read(key: &str, path: &Path) -> Result<String, config::Error> {
    if !is_given(path) {
        return Err(wrong(key, "must be set, as gateway.wechat.merchant_id is"));
    }
    std::fs::read_to_string(path).map_err(|error| wrong(key, format!("{}: {error}", path.display())))
}
