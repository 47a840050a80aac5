//! What can be wrong with the settings before any file is read: better the start fails than every payment.

use awc::http::Uri;
use secrecy::ExposeSecret;

use crate::config::{self, Error};
use crate::gateway::Shop;

const SUBJECT_MAX: usize = 200;

/// The setting is wrong because of `why`.
pub fn wrong(setting: &str, why: impl std::fmt::Display) -> Error {
    Error::new(&format!("gateway.alipay.{setting}"), why)
}

/// Whether there is an account. Where there is none, nothing else may be given: somebody meant to have one.
///
/// # Errors
/// The setting that is missing.
pub fn is_on(settings: &config::Alipay) -> Result<bool, Error> {
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
        Some((other, _)) => Err(wrong("app_id", format!("is missing, and gateway.alipay.{other} is given"))),
        None => Ok(false),
    }
}

/// What one value alone says.
///
/// # Errors
/// The setting that cannot be used.
pub fn shapes(settings: &config::Alipay, shop: &Shop) -> Result<(), Error> {
    let sixteen_digits = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_url = |url: &str| {
        let scheme = url.parse::<Uri>().ok().and_then(|uri| uri.authority().and(uri.scheme_str()).map(str::to_owned));
        matches!(scheme.as_deref(), Some("http" | "https")) && !url.contains(['?', '#'])
    };
    let (subject, length) = (&settings.subject, settings.subject.chars().count());
    if !sixteen_digits(&settings.app_id) {
        Err(wrong("app_id", "must be 16 digits"))
    } else if !sixteen_digits(&settings.seller_id) || !settings.seller_id.starts_with("2088") {
        Err(wrong("seller_id", "must be 2088 and 12 digits"))
    } else if !(1..=SUBJECT_MAX).contains(&length) || subject.contains(['/', '=', '&']) || has_controls(subject) {
        Err(wrong("subject", format!("must have 1 to {SUBJECT_MAX} characters, none of them / = or &")))
    } else if !is_url(&settings.url) {
        Err(wrong("url", "must begin with http:// or https://, and have nothing after the path"))
    } else if shop.public_url.is_empty() {
        Err(Error::new("http.public_url", "must be given where gateway.alipay.app_id is: Alipay calls back to it"))
    } else {
        Ok(())
    }
}

fn has_controls(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Whether Alipay's key comes in a certificate.
///
/// # Errors
/// Where both ways are given, or neither, or a half of one.
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
        (true, _) => Err(wrong("platform_key", "must not be given together with certificates")),
        (false, [_, _, _]) => Err(wrong("platform_key", "must be given, or the three certificates instead")),
        (false, [one, ..]) => Err(wrong(one, "must be given with the other certificates")),
    }
}
