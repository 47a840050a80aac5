//! Codes that are entered at a sign-in besides the password.

use std::fmt;

use serde::Deserialize;

use super::Invalid;

/// Digits of a code that an app computes.
pub const APP_CODE_LENGTH: usize = 6;
/// Letters and digits of a recovery code.
pub const RECOVERY_CODE_LENGTH: usize = 24;

/// A one-time code as a user enters it. Blanks and hyphens between its characters do not count, and neither does the case.
/// Its `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum OneTimeCode {
    /// A code that an app computes: 6 digits.
    App(String),
    /// A recovery code: 24 letters and digits of base32, in lower case.
    Recovery(String),
}

impl OneTimeCode {
    /// Most characters that are entered, with the blanks and hyphens between them.
    pub const LENGTH_MAX: usize = 64;
}

impl TryFrom<String> for OneTimeCode {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let code: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_lowercase()).collect();
        let is_recovery = |b: u8| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b);
        match code.len() {
            _ if text.len() > Self::LENGTH_MAX => Err(Invalid("must have at most 64 characters")),
            APP_CODE_LENGTH if code.bytes().all(|b| b.is_ascii_digit()) => Ok(Self::App(code)),
            RECOVERY_CODE_LENGTH if code.bytes().all(is_recovery) => Ok(Self::Recovery(code)),
            _ => Err(Invalid("must be the 6 digits of the app, or a recovery code")),
        }
    }
}

/// The code in a field of a form, which is empty if none was entered.
///
/// # Errors
/// If the text cannot be a code.
pub fn entered_code(text: Option<String>) -> Result<Option<OneTimeCode>, Invalid> {
    text.filter(|text| !text.trim().is_empty()).map(OneTimeCode::try_from).transpose()
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<OneTimeCode> {
        OneTimeCode::try_from(text.to_owned()).ok()
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for text in ["012345", "012 345", " 012-345 "] {
            assert_eq!(read(text), Some(OneTimeCode::App("012345".to_owned())), "{text}");
        }
        for text in ["abcd-efgh-2345-mnop-qrst-uvwx", "ABCDEFGH2345MNOPQRSTUVWX", "abcd efgh 2345 mnop qrst uvwx"] {
            assert_eq!(read(text), Some(OneTimeCode::Recovery("abcdefgh2345mnopqrstuvwx".to_owned())), "{text}");
        }
        for text in
            ["", "12345", "1234567", "12345a", "１２３４５６", "abcd-efgh-2345-mnop-qrst-uvw1", "abcd-efgh-2345"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("012345{}", " ".repeat(58))), Some(OneTimeCode::App("012345".to_owned())));
        assert_eq!(read(&format!("012345{}", " ".repeat(59))), None);
    }
}
