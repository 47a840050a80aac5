//! The keys WeChat Pay signs with, by the serial number a message names: its public key and its platform certificates
//! in one map, as both are in use while a merchant changes over.

use std::collections::HashMap;

use crate::domain::clock::Timestamp;
use crate::gateway::Reject;
use crate::gateway::crypto::key::PublicKey;

/// The header that names the key.
pub const SERIAL: &str = "Wechatpay-Serial";
/// The header with the time of the signature, in seconds since 1970.
pub const TIMESTAMP: &str = "Wechatpay-Timestamp";
/// The header with what is different in every message.
pub const NONCE: &str = "Wechatpay-Nonce";
/// The header with the signature.
pub const SIGNATURE: &str = "Wechatpay-Signature";

/// A stamp differs from our clock by less than so many seconds, either trade_type. Retries have a stamp of their own.
const SKEW_S: i64 = 300;

/// The keys by their serial numbers.
#[derive(Debug, Clone, Default)]
pub struct Keys(HashMap<String, PublicKey>);

impl Keys {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a key.
    pub fn insert(&mut self, serial: &str, key: PublicKey) {
        self.0.insert(serial.to_owned(), key);
    }

    /// Whether `text` was signed with the key of this number; another key, even the only one, is never tried.
    ///
    /// # Errors
    /// [`Reject::UnknownKey`], [`Reject::Signature`].
    pub fn verify_text(&self, serial: &str, text: &[u8], signature: &str) -> Result<(), Reject> {
        let key = self.0.get(serial).ok_or(Reject::UnknownKey)?;
        if key.verifies(text, signature) { Ok(()) } else { Err(Reject::Signature) }
    }

    /// Whether an answer or a notice is WeChat Pay's and of now: `header` looks a header up, `body` is the bytes as
    /// they came. Nothing in the message says how it is verified, apart from which key.
    ///
    /// # Errors
    /// [`Reject`].
    pub fn verify(&self, header: &dyn Fn(&str) -> Option<String>, body: &[u8], now: Timestamp) -> Result<(), Reject> {
        let get = |name| header(name).filter(|value| !value.is_empty()).ok_or(Reject::MissingHeader);
        let (serial, timestamp, nonce, signature) = (get(SERIAL)?, get(TIMESTAMP)?, get(NONCE)?, get(SIGNATURE)?);
        in_time(&timestamp, now)?;
        // The stamp as it is written: that is how it was signed.
        let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
        self.verify_text(&serial, &text, &signature)
    }
}

fn in_time(timestamp: &str, now: Timestamp) -> Result<(), Reject> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reject::Stamp);
    }
    let at: i64 = timestamp.parse().map_err(|_| Reject::Stamp)?;
    let age = now.unix_seconds().saturating_sub(at);
    if age >= SKEW_S {
        return Err(Reject::Stale);
    }
    if age <= -SKEW_S { Err(Reject::Future) } else { Ok(()) }
}
