//! Signs and verifies callbacks of the sandbox.
//!
//! The header is `Sandbox-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + raw body)>`. It has several
//! `v1` while a secret is rotated. A malformed header is refused.

use aws_lc_rs::{constant_time, hmac};

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::gateway::Reject;
use crate::gateway::ticket::Tickets;

/// The header with the signature.
pub const HEADER: &str = "Sandbox-Signature";

/// The largest accepted difference, in seconds and in either direction, between a timestamp and our clock.
pub const SKEW_S: i64 = 300;

/// The secret shared by the platform and the shop, and the one before while it is being replaced. Its `Debug` output hides
/// the secrets.
#[derive(Debug, Clone)]
pub struct Key {
    /// Signs and verifies.
    present: hmac::Key,
    /// Only verifies.
    old: Option<hmac::Key>,
}

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
        Ok(Self::of_bytes(secret.as_bytes()))
    }

    fn of_bytes(secret: &[u8]) -> Self {
        Self { present: hmac::Key::new(hmac::HMAC_SHA256, secret), old: None }
    }

    /// The same, but what was signed with `old` is accepted as well.
    #[must_use]
    pub fn accepting(self, old: Self) -> Self {
        Self { old: Some(old.present), ..self }
    }

    /// The tickets of the platform's checkout pages.
    pub(super) fn tickets(&self) -> Tickets {
        let of = |key| Tickets::of_key(key, "tradepost/sandbox-checkout/1");
        let present = of(&self.present);
        self.old.as_ref().map(of).into_iter().fold(present, Tickets::accepting)
    }

    /// A key that differs from the shared one, for forged signatures.
    pub(super) fn foreign() -> Self {
        Self::of_bytes(b"not the key that was agreed on")
    }

    /// The value of the header for `body`, with the timestamp `at`.
    #[must_use]
    pub fn sign(&self, body: &[u8], at: Timestamp) -> String {
        let t = at.unix_seconds().to_string();
        let tag = tag(&self.present, &t, body);
        format!("t={t},v1={}", hex::encode(tag))
    }

    /// Verifies that `header` is a signature of `body` with one of the secrets and a timestamp within [`SKEW_S`] of `now`.
    ///
    /// # Errors
    /// [`Reject`] if the header is empty or malformed, the timestamp is too far from `now`, or no signature matches.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), Reject> {
        self.verify_within(header, body, now, SKEW_S)
    }

    /// Like [`verify`](Self::verify), with `skew_s` seconds in place of [`SKEW_S`].
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify).
    pub fn verify_within(&self, header: &str, body: &[u8], now: Timestamp, skew_s: i64) -> Result<(), Reject> {
        if header.is_empty() {
            return Err(Reject::MissingSignature);
        }
        let Parsed { t, at, signatures } = parse(header).ok_or(Reject::Stamp)?;
        if signatures.is_empty() {
            return Err(Reject::MissingSignature);
        }
        if now.unix_seconds().abs_diff(at) > skew_s.unsigned_abs() {
            return Err(if at < now.unix_seconds() { Reject::Stale } else { Reject::Future });
        }
        let is_of = |key: &hmac::Key| {
            let tag = tag(key, t, body);
            let is_ours = |signature: &Vec<u8>| constant_time::verify_slices_are_equal(tag.as_ref(), signature).is_ok();
            signatures.iter().flatten().any(is_ours)
        };
        if is_of(&self.present) || self.old.as_ref().is_some_and(is_of) { Ok(()) } else { Err(Reject::Signature) }
    }

    /// The HMAC-SHA256 of `message` with this key, in lower-case hex.
    #[must_use]
    pub fn hex(&self, message: &[u8]) -> String {
        hex::encode(hmac::sign(&self.present, message))
    }
}

fn tag(key: &hmac::Key, t: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(t.as_bytes());
    context.update(b".");
    context.update(body);
    context.sign()
}

/// A parsed header.
struct Parsed<'a> {
    /// The timestamp as written, because the signature covers that text.
    t: &'a str,
    /// The timestamp in seconds since 1970-01-01 UTC.
    at: i64,
    /// The `v1` values; `None` for one that is not 32 bytes in lower-case hex.
    signatures: Vec<Option<Vec<u8>>>,
}

fn parse(header: &str) -> Option<Parsed<'_>> {
    let mut timestamp = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.split_once('=')? {
            ("t", text) if timestamp.replace(text).is_some() => return None,
            ("v1", text) => {
                let is_plain = text.len() == 64 && !text.bytes().any(|b| b.is_ascii_uppercase());
                signatures.push(is_plain.then(|| hex::decode(text).ok()).flatten());
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
        assert!(key().verify(&header, BODY, NOW).is_ok());
        assert!(Key::foreign().verify(&header, BODY, NOW).is_err());
    }

    #[test]
    fn while_the_secret_is_replaced_both_verify_and_the_new_one_signs() {
        let new = || Key::new("the new secret of the tests, of no use elsewhere").unwrap();
        let both = new().accepting(key());
        let signed = both.sign(BODY, NOW);
        assert!(new().verify(&signed, BODY, NOW).is_ok() && both.verify(&signed, BODY, NOW).is_ok());
        assert!(key().verify(&signed, BODY, NOW).is_err(), "the old one does not sign");
        let signed_before = key().sign(BODY, NOW);
        assert!(both.verify(&signed_before, BODY, NOW).is_ok() && new().verify(&signed_before, BODY, NOW).is_err());
        assert!(both.verify(&Key::foreign().sign(BODY, NOW), BODY, NOW).is_err());
        let page = key().tickets().seal("77");
        assert_eq!((both.tickets().open(&page), new().tickets().open(&page)), (Some("77"), None));
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
            assert!(key().verify(&header, &flipped(BODY, bit), NOW).is_err(), "bit {bit} of the body");
        }
        for bit in 0..header.len() * 8 {
            let bad: String = flipped(header.as_bytes(), bit).into_iter().map(char::from).collect();
            assert!(key().verify(&bad, BODY, NOW).is_err(), "bit {bit} of the header: {bad}");
        }
        for length in 0..header.len() {
            assert!(key().verify(&header[..length], BODY, NOW).is_err(), "the first {length} bytes");
        }
    }

    #[test]
    fn a_repeated_timestamp_is_refused() {
        let header = key().sign(BODY, NOW);
        assert!(key().verify(&format!("t=1760000000,{header}"), BODY, NOW).is_err());
        assert!(key().verify(&format!("{header},t=1760000001"), BODY, NOW).is_err());
    }

    #[test]
    fn the_timestamp_may_differ_by_300_seconds_in_either_direction() {
        let header = key().sign(BODY, NOW);
        for (seconds, is_accepted) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
            assert_eq!(
                key().verify(&header, BODY, Timestamp(NOW.0 + seconds * 1000)).is_ok(),
                is_accepted,
                "{seconds}"
            );
        }
    }

    #[test]
    fn a_malformed_header_is_refused() {
        for t in ["9223372036854775807", "9223372036854775808", "-1", "+1760000000", "1.76e9", "０", ""] {
            let signed = tag(&key().present, t, BODY);
            let header = format!("t={t},v1={}", hex::encode(signed));
            assert!(key().verify(&header, BODY, NOW).is_err(), "{t}");
        }
        for header in ["", ",", "=", "==,=", "t", "t=,v1=", "v1", "v1=é", "t=1760000000", "\u{0}", "t=1760000000,v1"] {
            assert!(key().verify(header, BODY, NOW).is_err(), "{header:?}");
        }
    }
}
