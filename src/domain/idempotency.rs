//! Idempotency of client requests: the client's key and the fingerprint of the request body.

use std::sync::Arc;

use serde::Serialize;

use super::Invalid;

/// The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&[u8]> for IdempotencyKey {
    type Error = Invalid;

    fn try_from(bytes: &[u8]) -> Result<Self, Invalid> {
        const INVALID: Invalid = Invalid("must be 1 to 255 visible ASCII characters");
        if !(1..=255).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(INVALID);
        }
        std::str::from_utf8(bytes).map(|text| Self(text.to_owned())).map_err(|_| INVALID)
    }
}

/// The SHA-256 of a request body as 64 hexadecimal digits. A request that reuses a key with another fingerprint is a
/// client error. Clones share the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Arc<str>);

impl Fingerprint {
    /// Computes the fingerprint of a parsed request body. The body is serialised again, so whitespace and field order
    /// of the original request do not matter.
    ///
    /// # Errors
    /// If `body` cannot be serialised as JSON, which is a bug.
    pub fn of(body: &impl Serialize) -> Result<Self, serde_json::Error> {
        // An order of one line takes about 250 bytes.
        let mut canonical = Vec::with_capacity(512);
        serde_json::to_writer(&mut canonical, body)?;
        let mut digits = [0; 64];
        // The digits fit and are ASCII, so neither fails. `hex::encode` costs several times as much.
        let _ = hex::encode_to_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &canonical), &mut digits);
        Ok(Self(Arc::from(&*String::from_utf8_lossy(&digits))))
    }

    /// A fingerprint that was stored.
    #[must_use]
    pub fn stored(digits: String) -> Self {
        Self(digits.into())
    }

    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
