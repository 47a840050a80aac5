//! Validated text input: bounded length and restricted characters.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Invalid;
use super::readable::{self, Form};

/// Text of one line of at most `MAX` characters, without those that [`readable`] refuses. Leading and trailing whitespace is
/// removed. If `MIN` is not 0, a character of it can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// Text of one or several lines, otherwise like [`Text`]. Line breaks and tabs are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Lines<const MIN: usize, const MAX: usize>(String);

/// A delivery address.
pub type Address = Lines<1, 200>;
/// The recipient of a delivery.
pub type Consignee = Text<1, 100>;
/// The name of a product.
pub type GoodsName = Text<1, 200>;
/// The description of a product; may be empty.
pub type GoodsDesc = Lines<0, 2000>;
/// The company that carries a parcel.
pub type Carrier = Text<1, 50>;
/// The number under which a carrier tracks a parcel.
pub type TrackingNo = Text<1, 64>;
/// The reason that a customer or an administrator gives for an action.
pub type Reason = Text<1, 200>;
/// The words of an administrator for the customer about an action.
pub type CustomerMessage = Text<1, 200>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The largest number of characters.
    pub const LENGTH_MAX: usize = MAX;

    /// The rule of the characters as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        readable::pattern(Form::Line, MIN > 0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        trimmed::<MIN, MAX>(text, Form::Line).map(Self)
    }
}

impl<const MIN: usize, const MAX: usize> Lines<MIN, MAX> {
    /// The largest number of characters.
    pub const LENGTH_MAX: usize = MAX;

    /// The rule of the characters as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        readable::pattern(Form::Lines, MIN > 0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Lines<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        trimmed::<MIN, MAX>(text, Form::Lines).map(Self)
    }
}

/// Validates `text` as it was sent, and removes the whitespace at both ends.
fn trimmed<const MIN: usize, const MAX: usize>(text: String, form: Form) -> Result<String, String> {
    let trimmed = text.trim();
    if text.chars().count() > MAX || trimmed.chars().count() < MIN {
        return Err(format!("must have {MIN} to {MAX} characters"));
    }
    if let Some(rule) = readable::broken_rule(&text, form) {
        return Err(rule.to_owned());
    }
    if MIN > 0 && !trimmed.chars().any(readable::is_visible) {
        return Err("must contain a character that can be seen".to_owned());
    }
    Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
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

    /// The name in lower case. No two users have the same.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_nothing_visible_is_refused_unless_it_may_be_empty() {
        for hidden in ["", " ", "\u{3164}", "\u{200F}", "\u{2800} \u{2800}", "\u{FE0F}"] {
            assert!(Consignee::try_from(hidden.to_owned()).is_err(), "{hidden:?} was accepted");
            assert!(GoodsDesc::try_from(hidden.to_owned()).is_ok(), "{hidden:?} was refused");
        }
        for seen in ["A", "é", "عم", "👩\u{200D}👧", "\u{200F}שלום", "茶"] {
            assert_eq!(Consignee::try_from(seen.to_owned()).unwrap().into_inner(), seen);
        }
    }

    #[test]
    fn a_text_is_judged_as_it_was_sent_and_trimmed_then() {
        let padded = format!(" {} ", "a".repeat(98));
        assert_eq!(Consignee::try_from(padded.clone()).unwrap().as_str(), padded.trim());
        for bad in [format!(" {} ", "a".repeat(99)), "\na".to_owned(), "a\u{85}".to_owned(), "a\u{2028}".to_owned()] {
            assert!(Consignee::try_from(bad.clone()).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn only_an_address_and_a_description_have_several_lines() {
        let lines = "12 High Street\r\nFlat 3\n\tLeeds";
        assert_eq!(Address::try_from(lines.to_owned()).unwrap().into_inner(), lines);
        assert_eq!(GoodsDesc::try_from(format!(" {lines}\n")).unwrap().into_inner(), lines);
        for bad in ["a\nb", "a\tb", "a\0b", "a\u{1B}[31mb", "a\u{85}b"] {
            assert!(Consignee::try_from(bad.to_owned()).is_err(), "{bad:?} was accepted");
        }
        for bad in ["a\0b", "a\u{1B}[31mb", "a\u{85}b", "a\u{B}b"] {
            assert!(Address::try_from(bad.to_owned()).is_err(), "{bad:?} was accepted");
        }
    }
}
