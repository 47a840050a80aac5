//! Validated text input: bounded length and restricted characters.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Invalid;

/// Text of `MIN` to `MAX` characters without control characters. Leading and trailing whitespace is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A delivery address.
pub type Address = Text<1, 200>;
/// The recipient of a delivery.
pub type Consignee = Text<1, 100>;
/// The name of a product.
pub type GoodsName = Text<1, 200>;
/// The description of a product; may be empty.
pub type GoodsDesc = Text<0, 2000>;
/// The reason that a customer or an administrator gives for an action.
pub type Reason = Text<1, 200>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Returns the text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if !(MIN..=MAX).contains(&length) {
            return Err(format!("must have {MIN} to {MAX} characters"));
        }
        if trimmed.chars().any(char::is_control) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// The customer's id at a payment platform (WeChat's openid): 1 to 128 ASCII letters, digits, `_` or `-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Payer(String);

impl Payer {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Payer {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 1 to 128 letters, digits, '_' or '-'"))
        }
    }
}

/// The sign-in name of a user: 1 to 64 ASCII letters, digits, `.`, `_`, `-` or `@`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-@".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 1 to 64 letters, digits, '.', '_', '-' or '@'"))
        }
    }
}

/// A mobile number: 5 to 19 digits with an optional leading `+`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Mobile(String);

impl Mobile {
    /// Returns the number as text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Mobile {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('+').unwrap_or(&text);
        if (5..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 5 to 19 digits, a leading '+' is allowed"))
        }
    }
}

/// A password as sent by a client: 8 to 128 characters. Its `Debug` output is redacted.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Password(SecretString);

impl Password {
    /// Exposes the password, to hash or verify it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TryFrom<String> for Password {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if (8..=128).contains(&text.chars().count()) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid("must have 8 to 128 characters"))
        }
    }
}
