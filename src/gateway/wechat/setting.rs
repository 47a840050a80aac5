//! Validates the settings of WeChat Pay.

use std::path::Path;

use awc::http::Uri;
use secrecy::ExposeSecret;

use super::TRADE_TYPES;
use crate::config;
use crate::gateway::Shop;

/// WeChat Pay's limit for the description of a payment.
const DESCRIPTION_BYTES_MAX: usize = 127;
/// WeChat Pay's limit for a callback URL.
const CALLBACK_BYTES_MAX: usize = 255;
/// The number of digits of the largest payment id.
const PAY_ID_BYTES_MAX: usize = 19;

/// The error for the setting `gateway.wechat.{key}`, which is invalid because of `why`.
pub fn invalid(key: &str, why: impl std::fmt::Display) -> config::Error {
    config::Error::new(&format!("gateway.wechat.{key}"), why)
}

/// Refuses every other setting if there is no merchant, because that is most likely a mistake.
pub fn check_unset(settings: &config::Wechat) -> Result<(), config::Error> {
    let given = [
        ("app_id", !settings.app_id.is_empty()),
        ("merchant_key", is_given(&settings.merchant_key)),
        ("merchant_serial", !settings.merchant_serial.is_empty()),
        ("api_v3_key", !settings.api_v3_key.expose_secret().is_empty()),
        ("platform_key_id", !settings.platform_key_id.is_empty()),
        ("platform_key", is_given(&settings.platform_key)),
        ("platform_certificates", is_given(&settings.platform_certificates)),
        ("h5_type", settings.h5_type.get().is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((key, _)) => Err(invalid(key, "has no effect while gateway.wechat.merchant_id is empty")),
        None => Ok(()),
    }
}

/// Whether the path of a file is set.
pub fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

/// Validates the ids and the subject.
pub fn check_identifiers(settings: &config::Wechat) -> Result<(), config::Error> {
    let merchant_id = &settings.merchant_id;
    if !(8..=10).contains(&merchant_id.len()) || !merchant_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("merchant_id", "must be 8 to 10 digits"));
    }
    let app_id = settings.app_id.strip_prefix("wx").unwrap_or_default();
    if !(1..=30).contains(&app_id.len()) || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(invalid("app_id", "must be wx followed by letters and digits"));
    }
    let serial = &settings.merchant_serial;
    if !(1..=64).contains(&serial.len()) || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("merchant_serial", "must be the certificate's serial number in hexadecimal digits"));
    }
    let subject = &settings.subject;
    let bytes_max = DESCRIPTION_BYTES_MAX - PAY_ID_BYTES_MAX - 1;
    if !(1..=bytes_max).contains(&subject.len()) || subject.chars().any(char::is_control) {
        return Err(invalid("subject", format!("must have 1 to {bytes_max} bytes, without control characters")));
    }
    Ok(())
}

/// Validates the callback URLs. WeChat Pay only accepts short https URLs without a query.
pub fn check_callback_urls(shop: &Shop) -> Result<(), config::Error> {
    let invalid = |why: &str| config::Error::new("http.public_url", why);
    let is_https = shop.public_url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    let is_uri = |url: String| url.len() <= CALLBACK_BYTES_MAX && url.parse::<Uri>().is_ok();
    if !is_https || shop.public_url.contains(['?', '#']) {
        return Err(invalid("must begin with https:// and have no query, because WeChat Pay sends callbacks to it"));
    }
    if !TRADE_TYPES.iter().all(|trade_type| is_uri(shop.callback_url(trade_type.name()))) {
        return Err(invalid("must be a short, valid address, because WeChat Pay sends callbacks to it"));
    }
    Ok(())
}

/// The base URLs of WeChat Pay, without a trailing slash: `url`, then `fallback_url` if it is set.
pub fn urls(settings: &config::Wechat) -> Result<Vec<String>, config::Error> {
    let mut urls = Vec::new();
    for (key, url) in [("url", &settings.url), ("fallback_url", &settings.fallback_url)] {
        let is_http = url.parse::<Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        if url.is_empty() && key == "fallback_url" {
            continue;
        }
        if !is_http || url.contains(['?', '#']) {
            return Err(invalid(key, "must begin with http:// or https:// and have no query"));
        }
        urls.push(url.trim_end_matches('/').to_owned());
    }
    Ok(urls)
}

/// Reads the file that the setting `key` names.
pub fn read_file(key: &str, path: &Path) -> Result<String, config::Error> {
    if !is_given(path) {
        return Err(invalid(key, "must be set if gateway.wechat.merchant_id is"));
    }
    std::fs::read_to_string(path).map_err(|error| invalid(key, format!("{}: {error}", path.display())))
}
