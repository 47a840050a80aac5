//! Settings whose text must have a certain form. An empty text means that the setting is not given.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::Invalid;

/// A secret that signs: at least 32 characters without blanks at its ends. Empty: made on the first start.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// The secret itself, to sign and verify.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = Invalid;

    fn try_from(secret: String) -> Result<Self, Invalid> {
        if !secret.is_empty() && (secret.len() < 32 || secret.trim() != secret) {
            return Err(Invalid("must have at least 32 characters, without blanks at its ends"));
        }
        Ok(Self(secret.into()))
    }
}

/// The password of an account that is made on the first start: 8 to 128 characters. Empty: made and printed once.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct InitialPassword(SecretString);

impl InitialPassword {
    /// The password itself, to hash.
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

/// The address under which the outside reaches this server: `http://` or `https://`. Empty: the address it listens on.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The text as it is set.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = Invalid;

    fn try_from(url: String) -> Result<Self, Invalid> {
        if url.is_empty() || url.starts_with("http://") || url.starts_with("https://") {
            Ok(Self(url))
        } else {
            Err(Invalid("must begin with http:// or https://"))
        }
    }
}

/// A separate address to listen on. Empty: none.
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

/// A second name for the sandbox platform: up to 32 lower-case letters, digits and `_`. Empty: none.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SecondName(Option<String>);

impl SecondName {
    /// The name, if there is one.
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
            return Err(Invalid("must be another name than sandbox, of up to 32 lower-case letters, digits and _"));
        }
        Ok(Self((!name.is_empty()).then_some(name)))
    }
}
