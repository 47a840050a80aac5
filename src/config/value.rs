//! Types of settings that must have a certain form. An empty text means that the setting is not set.

use std::net::SocketAddr;

use awc::http::Uri;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::Invalid;

/// A signing secret: at least 32 bytes without leading or trailing whitespace. If empty, it is generated on the first
/// start.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// Exposes the secret, to sign and verify.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = Invalid;

    fn try_from(secret: String) -> Result<Self, Invalid> {
        if !secret.is_empty() && (secret.len() < 32 || secret.trim() != secret) {
            return Err(Invalid("must have at least 32 characters, without leading or trailing whitespace"));
        }
        Ok(Self(secret.into()))
    }
}

/// The password of the administrator or the demo user: 8 to 128 characters. If empty, it is generated together with the
/// account.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct InitialPassword(SecretString);

impl InitialPassword {
    /// Exposes the password, to hash it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TryFrom<String> for InitialPassword {
    type Error = Invalid;

    fn try_from(password: String) -> Result<Self, Invalid> {
        match password.chars().count() {
            0 | 8..=128 => Ok(Self(password.into())),
            _ => Err(Invalid("must have 8 to 128 characters")),
        }
    }
}

/// The URL at which clients and platforms reach this server: `http://` or `https://`, a host, and perhaps a port and a
/// path, without a slash at the end. If empty, the listen address is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL as set, without a slash at the end; may be empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = Invalid;

    fn try_from(url: String) -> Result<Self, Invalid> {
        const SHAPE: Invalid = Invalid(
            "must be a URL such as https://shop.example.com: http or https, a host, no user, no query, no fragment, no other characters",
        );
        let url = url.trim_end_matches('/');
        if url.is_empty() {
            return Ok(Self(String::new()));
        }
        let uri: Uri = url.parse().map_err(|_| SHAPE)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.authority().is_some_and(|authority| {
            let is_host_alone = authority.as_str() == authority.host();
            !authority.host().is_empty()
                && !authority.as_str().contains('@')
                && (is_host_alone || authority.port_u16().is_some())
        });
        // The parser is generous. Pages and callbacks have this URL in them.
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%:/[]".contains(c);
        if is_http && has_host && url.chars().all(is_allowed) { Ok(Self(url.to_owned())) } else { Err(SHAPE) }
    }
}

/// The address of a separate listener; `None` if empty.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct SeparateListen(pub Option<SocketAddr>);

impl TryFrom<String> for SeparateListen {
    type Error = Invalid;

    fn try_from(address: String) -> Result<Self, Invalid> {
        if address.is_empty() {
            return Ok(Self(None));
        }
        address
            .parse()
            .map(|address| Self(Some(address)))
            .map_err(|_| Invalid("must be an address such as 127.0.0.1:8081"))
    }
}

/// A log filter: a level (`info`), or directives separated by commas, such as `info,tradepost::coordinator=debug`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LogFilter {
    type Error = Invalid;

    /// Refuses a word that is not a level. `EnvFilter` would take it for a target, and nothing would be logged.
    fn try_from(filter: String) -> Result<Self, Invalid> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        const SHAPE: Invalid = Invalid(
            "must be a level (off, error, warn, info, debug, trace) or directives such as info,tradepost=debug",
        );
        let is_level = |text: &str| LEVELS.contains(&text.to_ascii_lowercase().as_str());
        let is_directive = |text: &str| match text.rsplit_once('=') {
            Some((target, level)) => !target.is_empty() && is_level(level),
            None => is_level(text),
        };
        if filter.split(',').map(str::trim).all(is_directive) { Ok(Self(filter)) } else { Err(SHAPE) }
    }
}

/// A second name for the sandbox platform: up to 32 lower-case ASCII letters, digits or `_`, not `sandbox`. If empty,
/// there is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SecondName(Option<String>);

impl SecondName {
    /// The name, if it is set.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl TryFrom<String> for SecondName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name == "sandbox" || name.len() > 32 || !name.chars().all(is_allowed) {
            return Err(Invalid("must be up to 32 lower-case letters, digits or _, and not \"sandbox\""));
        }
        Ok(Self((!name.is_empty()).then_some(name)))
    }
}

/// How much of the stock the public sees. If empty, that depends on the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockSetting {
    /// As the profile says.
    #[serde(rename = "")]
    OfProfile,
    /// The number of units.
    Exact,
    /// Small numbers of units only.
    Few,
    /// Whether there are any units.
    Availability,
}

/// The kind of pages that offer H5 payments of WeChat Pay. If empty, they are not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum H5Type {
    /// H5 payments are not offered.
    #[serde(rename = "")]
    None,
    /// Pages in a browser.
    Wap,
    /// An application on iOS.
    #[serde(rename = "iOS")]
    Ios,
    /// An application on Android.
    Android,
}

impl H5Type {
    /// The kind, with WeChat Pay's name; `None` if H5 payments are not offered.
    #[must_use]
    pub const fn get(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Wap => Some("Wap"),
            Self::Ios => Some("iOS"),
            Self::Android => Some("Android"),
        }
    }
}
