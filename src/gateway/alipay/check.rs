//! Validates the settings that need no file. An invalid setting makes the start fail instead of every payment.

use awc::http::Uri;
use secrecy::ExposeSecret;

use crate::config::{self, Error};
use crate::gateway::Shop;

const SUBJECT_MAX: usize = 200;

/// The error for the setting `gateway.alipay.{setting}`, which is invalid because of `why`.
pub fn invalid(setting: &str, why: impl std::fmt::Display) -> Error {
    Error::new(&format!("gateway.alipay.{setting}"), why)
}

/// Whether the settings name an account. Without one, no other setting may be given, because that is most likely a
/// mistake.
///
/// # Errors
/// `app_id` if it is missing and another setting is given.
pub fn is_configured(settings: &config::Alipay) -> Result<bool, Error> {
    let is_given = |path: &std::path::PathBuf| !path.as_os_str().is_empty();
    let given = [
        ("seller_id", !settings.seller_id.is_empty()),
        ("seller_email", !settings.seller_email.is_empty()),
        ("app_key", is_given(&settings.app_key)),
        ("platform_key", is_given(&settings.platform_key)),
        ("app_certificate", is_given(&settings.app_certificate)),
        ("platform_certificate", is_given(&settings.platform_certificate)),
        ("root_certificate", is_given(&settings.root_certificate)),
        ("content_key", !settings.content_key.expose_secret().is_empty()),
    ];
    if !settings.app_id.is_empty() {
        return Ok(true);
    }
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((other, _)) => Err(invalid("app_id", format!("is missing, and gateway.alipay.{other} is given"))),
        None => Ok(false),
    }
}

/// Validates each value on its own.
///
/// # Errors
/// The first invalid setting.
pub fn values(settings: &config::Alipay, shop: &Shop) -> Result<(), Error> {
    let sixteen_digits = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_url = |url: &str| {
        let scheme = url.parse::<Uri>().ok().and_then(|uri| uri.authority().and(uri.scheme_str()).map(str::to_owned));
        matches!(scheme.as_deref(), Some("http" | "https")) && !url.contains(['?', '#'])
    };
    let (subject, length) = (&settings.subject, settings.subject.chars().count());
    if !sixteen_digits(&settings.app_id) {
        Err(invalid("app_id", "must be 16 digits"))
    } else if !sixteen_digits(&settings.seller_id) || !settings.seller_id.starts_with("2088") {
        Err(invalid("seller_id", "must be 2088 followed by 12 digits"))
    } else if !(1..=SUBJECT_MAX).contains(&length) || subject.contains(['/', '=', '&']) || has_controls(subject) {
        Err(invalid("subject", format!("must have 1 to {SUBJECT_MAX} characters, none of them / = or &")))
    } else if !is_url(&settings.url) {
        Err(invalid("url", "must begin with http:// or https:// and have no query"))
    } else if shop.public_url.is_empty() {
        Err(Error::new(
            "http.public_url",
            "must be given if gateway.alipay.app_id is, because Alipay sends callbacks to it",
        ))
    } else {
        Ok(())
    }
}

fn has_controls(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Whether the account uses certificates instead of Alipay's bare public key.
///
/// # Errors
/// If both are given, or neither, or only some of the certificates.
pub fn has_certificates(settings: &config::Alipay) -> Result<bool, Error> {
    let certificates = [
        ("app_certificate", &settings.app_certificate),
        ("platform_certificate", &settings.platform_certificate),
        ("root_certificate", &settings.root_certificate),
    ];
    let is_given = |path: &std::path::Path| !path.as_os_str().is_empty();
    let missing: Vec<&str> = certificates.iter().filter(|(_, path)| !is_given(path)).map(|(name, _)| *name).collect();
    match (is_given(&settings.platform_key), missing.as_slice()) {
        (true, [_, _, _]) => Ok(false),
        (false, []) => Ok(true),
        (true, _) => Err(invalid("platform_key", "must not be given together with certificates")),
        (false, [_, _, _]) => Err(invalid("platform_key", "must be given, or the three certificates instead")),
        (false, [one, ..]) => Err(invalid(one, "must be given with the other certificates")),
    }
}
