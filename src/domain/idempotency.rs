//! The client's key that makes a repeated request the same request.

use serde::Serialize;

use super::Invalid;

/// The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&[u8]> for IdempotencyKey {
    type Error = Invalid;

    fn try_from(bytes: &[u8]) -> Result<Self, Invalid> {
        const SHAPE: Invalid = Invalid("must be 1 to 255 visible ASCII characters");
        if !(1..=255).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(SHAPE);
        }
        std::str::from_utf8(bytes).map(|text| Self(text.to_owned())).map_err(|_| SHAPE)
    }
}

/// What a request asked for, as 64 hexadecimal digits: the same key with another fingerprint is a client's mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a parsed request body, so that blanks and field order do not matter.
    ///
    /// # Errors
    /// Where the body cannot be written as JSON, which is a bug.
    pub fn of(body: &impl Serialize) -> Result<Self, serde_json::Error> {
        let canonical = serde_json::to_vec(body)?;
        Ok(Self(hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &canonical))))
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
