//! The keys that verify WeChat Pay's signatures, by the serial number that a message names. The public key and the
//! platform certificates share one map, because both are in use while a merchant migrates from one to the other.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::domain::clock::Timestamp;
use crate::gateway::Reject;
use crate::gateway::crypto::key::PublicKey;

/// The header with the serial number or the id of the key.
pub const SERIAL: &str = "Wechatpay-Serial";
/// The header with the time of the signature, in seconds since 1970-01-01 UTC.
pub const TIMESTAMP: &str = "Wechatpay-Timestamp";
/// The header with the nonce of the signature.
pub const NONCE: &str = "Wechatpay-Nonce";
/// The header with the signature, in base64.
pub const SIGNATURE: &str = "Wechatpay-Signature";

/// A timestamp must differ from our clock by less than this many seconds in either direction. Every retry of WeChat
/// Pay's has a new timestamp.
const SKEW_MAX_S: i64 = 300;

/// Public keys by serial number. Clones share the fetched ones.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Those of the settings.
    given: HashMap<String, PublicKey>,
    /// Those of the certificates that were fetched last.
    fetched: Arc<RwLock<HashMap<String, PublicKey>>>,
}

impl Keys {
    /// Adds a key of the settings under its serial number or id.
    pub fn insert(&mut self, serial: &str, key: PublicKey) {
        self.given.insert(serial.to_owned(), key);
    }

    /// Replaces the fetched keys.
    pub fn set_fetched(&self, fetched: HashMap<String, PublicKey>) {
        *self.fetched.write() = fetched;
    }

    /// These keys and `others`.
    #[must_use]
    pub fn with(&self, others: &HashMap<String, PublicKey>) -> Self {
        let all = self.given.iter().chain(others).map(|(serial, key)| (serial.clone(), key.clone()));
        Self { given: all.collect(), fetched: Arc::clone(&self.fetched) }
    }

    /// The key with this serial number.
    #[must_use]
    pub fn find(&self, serial: &str) -> Option<PublicKey> {
        self.given.get(serial).cloned().or_else(|| self.fetched.read().get(serial).cloned())
    }

    /// Verifies that `text` was signed with the key `serial`. No other key is tried.
    ///
    /// # Errors
    /// [`Reject::UnknownKey`] if there is no such key, [`Reject::Signature`] if the signature is invalid.
    pub fn verify_text(&self, serial: &str, text: &[u8], signature: &str) -> Result<(), Reject> {
        let key = self.find(serial).ok_or(Reject::UnknownKey)?;
        if key.verifies(text, signature) { Ok(()) } else { Err(Reject::Signature) }
    }

    /// Verifies that a response or notification is WeChat Pay's and recent. `header` looks up a header, and `body` is
    /// the raw body. The message chooses the key but not the algorithm.
    ///
    /// # Errors
    /// [`Reject`] if a header is missing, the timestamp is invalid, or the signature does not match.
    pub fn verify(&self, header: &dyn Fn(&str) -> Option<String>, body: &[u8], now: Timestamp) -> Result<(), Reject> {
        let get = |name| header(name).filter(|value| !value.is_empty()).ok_or(Reject::MissingHeader);
        let (serial, timestamp, nonce, signature) = (get(SERIAL)?, get(TIMESTAMP)?, get(NONCE)?, get(SIGNATURE)?);
        check_timestamp(&timestamp, now)?;
        // The signature covers the timestamp as it is written in the header.
        let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
        self.verify_text(&serial, &text, &signature)
    }
}

fn check_timestamp(timestamp: &str, now: Timestamp) -> Result<(), Reject> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reject::Stamp);
    }
    let at: i64 = timestamp.parse().map_err(|_| Reject::Stamp)?;
    let age = now.unix_seconds().saturating_sub(at);
    if age >= SKEW_MAX_S {
        return Err(Reject::Stale);
    }
    if age <= -SKEW_MAX_S { Err(Reject::Future) } else { Ok(()) }
}
