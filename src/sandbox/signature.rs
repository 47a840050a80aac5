//! Signs and verifies callbacks of the sandbox.
//!
//! The header is `Sandbox-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + raw body)>`. It has several
//! `v1` while a secret is rotated. A malformed header is refused.

use aws_lc_rs::{constant_time, hmac};

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;

/// The header with the signature.
pub const HEADER: &str = "Sandbox-Signature";

/// The largest accepted difference, in seconds and in either direction, between a timestamp and our clock.
pub const SKEW_S: i64 = 300;

/// The secret shared by the platform and the shop. Its `Debug` output hides the secret.
#[derive(Debug, Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// Creates the key from all bytes of `secret`.
    ///
    /// # Errors
    /// If the secret is empty, because then anyone could sign, or if it begins or ends with a blank, which is most
    /// likely a mistake.
    pub fn new(secret: &str) -> Result<Self, Invalid> {
        if secret.is_empty() || secret.trim() != secret {
            return Err(Invalid("a secret must not be empty, or have blanks at its ends"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// A key that differs from the shared one, for forged signatures.
    pub(super) fn foreign() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, b"not the key that was agreed on"))
    }

    /// The value of the header for `body`, with the timestamp `at`.
    #[must_use]
    pub fn sign(&self, body: &[u8], at: Timestamp) -> String {
        let t = at.unix_seconds().to_string();
        let tag = self.tag(&t, body);
        format!("t={t},v1={}", hex::encode(tag))
    }

    /// Whether `header` is a valid signature of `body` with this key and a timestamp within [`SKEW_S`] of `now`.
    #[must_use]
    pub fn verifies(&self, header: &str, body: &[u8], now: Timestamp) -> bool {
        self.verifies_within(header, body, now, SKEW_S)
    }

    /// Like [`verifies`](Self::verifies), with `skew_s` seconds in place of [`SKEW_S`].
    #[must_use]
    pub fn verifies_within(&self, header: &str, body: &[u8], now: Timestamp, skew_s: i64) -> bool {
        let Some(Parsed { t, at, signatures }) = parse(header) else { return false };
        if now.unix_seconds().abs_diff(at) > skew_s.unsigned_abs() {
            return false;
        }
        let tag = self.tag(t, body);
        signatures.iter().any(|signature| constant_time::verify_slices_are_equal(tag.as_ref(), signature).is_ok())
    }

    /// The HMAC-SHA256 of `message` with this key, in lower-case hex.
    #[must_use]
    pub fn hex(&self, message: &[u8]) -> String {
        hex::encode(hmac::sign(&self.0, message))
    }

    fn tag(&self, t: &str, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(t.as_bytes());
        context.update(b".");
        context.update(body);
        context.sign()
    }
}

/// A parsed header.
struct Parsed<'a> {
    /// The timestamp as written, because the signature covers that text.
    t: &'a str,
    /// The timestamp in seconds since 1970-01-01 UTC.
    at: i64,
    /// The `v1` values that are 32 bytes in lower-case hex. Others are ignored.
    signatures: Vec<Vec<u8>>,
}

fn parse(header: &str) -> Option<Parsed<'_>> {
    let mut timestamp = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.split_once('=')? {
            ("t", text) if timestamp.replace(text).is_some() => return None,
            ("v1", text) if text.len() == 64 && !text.bytes().any(|b| b.is_ascii_uppercase()) => {
                signatures.extend(hex::decode(text).ok());
            }
            // Other schemes are ignored. Accepting one would allow a downgrade.
            _ => {}
        }
    }
    let t = timestamp.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()))?;
    Some(Parsed { t, at: t.parse().ok()?, signatures })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_760_000_000_000);
    const BODY: &[u8] = br#"{"id":"evt_sb1_paid","data":{"amount":"880.00"}}"#;

    fn key() -> Key {
        Key::new("a secret of the tests, of no use elsewhere").unwrap()
    }

    #[test]
    fn only_the_signing_key_verifies() {
        let header = key().sign(BODY, NOW);
        assert!(key().verifies(&header, BODY, NOW));
        assert!(!Key::foreign().verifies(&header, BODY, NOW));
    }

    #[test]
    fn a_header_or_body_with_any_bit_flipped_is_refused() {
        let header = key().sign(BODY, NOW);
        let flipped = |bytes: &[u8], bit: usize| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        for bit in 0..BODY.len() * 8 {
            assert!(!key().verifies(&header, &flipped(BODY, bit), NOW), "bit {bit} of the body");
        }
        for bit in 0..header.len() * 8 {
            let bad: String = flipped(header.as_bytes(), bit).into_iter().map(char::from).collect();
            assert!(!key().verifies(&bad, BODY, NOW), "bit {bit} of the header: {bad}");
        }
        for length in 0..header.len() {
            assert!(!key().verifies(&header[..length], BODY, NOW), "the first {length} bytes");
        }
    }

    #[test]
    fn a_repeated_timestamp_is_refused() {
        let header = key().sign(BODY, NOW);
        assert!(!key().verifies(&format!("t=1760000000,{header}"), BODY, NOW));
        assert!(!key().verifies(&format!("{header},t=1760000001"), BODY, NOW));
    }

    #[test]
    fn the_timestamp_may_differ_by_300_seconds_in_either_direction() {
        let header = key().sign(BODY, NOW);
        for (seconds, is_accepted) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
            assert_eq!(key().verifies(&header, BODY, Timestamp(NOW.0 + seconds * 1000)), is_accepted, "{seconds}");
        }
    }

    #[test]
    fn a_malformed_header_is_refused() {
        for t in ["9223372036854775807", "9223372036854775808", "-1", "+1760000000", "1.76e9", "０", ""] {
            let signed = key().tag(t, BODY);
            let header = format!("t={t},v1={}", hex::encode(signed));
            assert!(!key().verifies(&header, BODY, NOW), "{t}");
        }
        for header in ["", ",", "=", "==,=", "t", "t=,v1=", "v1", "v1=é", "t=1760000000", "\u{0}", "t=1760000000,v1"] {
            assert!(!key().verifies(header, BODY, NOW), "{header:?}");
        }
    }
}
