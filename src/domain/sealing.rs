//! Encrypts secrets that are stored, those of second factors and of webhooks: AES-256-GCM with a key that is derived from
//! `session.secret`, so that a copy of the store is of no use without that. A text names its key, and cannot be moved to
//! another subject: another user or endpoint.
//!
//! While `session.old_secret` is set, texts of the key before are opened too, and each start encrypts them again with the
//! present one.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::Id;

const NONCE_BYTES: usize = 12;

/// The purpose of stored secrets: it separates their key from those that other parts derive from the same secret.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Second factors of administrators.
    SecondFactor,
    /// Secrets that sign what is sent to webhooks.
    Webhook,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second-factor",
            Self::Webhook => "webhook",
        }
    }
}

/// Encrypts with one key, and decrypts with that and perhaps the one before.
pub struct Sealing {
    keys: Vec<SealingKey>,
}

struct SealingKey {
    id: String,
    key: RandomizedNonceKey,
}

impl SealingKey {
    /// `None` if the library refuses a key of 32 bytes, which is a bug.
    fn derive(purpose: Purpose, secret: &[u8]) -> Option<Self> {
        let secret = Key::new(HMAC_SHA256, secret);
        let purpose = purpose.name();
        let key = sign(&secret, format!("tradepost/{purpose}/1").as_bytes());
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).ok()?;
        let mark = sign(&secret, format!("tradepost/{purpose}/id/1").as_bytes());
        let id = mark.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Some(Self { id, key })
    }
}

impl Sealing {
    /// Encrypts with a key of `secret`, at least 32 random bytes; decrypts also with the key of `old_secret`.
    #[must_use]
    pub fn new(purpose: Purpose, secret: &[u8], old_secret: Option<&[u8]>) -> Self {
        let secrets = std::iter::once(secret).chain(old_secret);
        Self { keys: secrets.filter_map(|secret| SealingKey::derive(purpose, secret)).collect() }
    }

    /// Encrypts the secret of a subject. `None` if the system provides no random bytes.
    #[must_use]
    pub fn seal<T>(&self, subject: Id<T>, secret: &[u8]) -> Option<String> {
        let SealingKey { id, key } = self.keys.first()?;
        let mut content = secret.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(subject.to_string()), &mut content).ok()?;
        let text = [nonce.as_ref().as_slice(), content.as_slice()].concat();
        Some(format!("{id}.{}", URL_SAFE_NO_PAD.encode(text)))
    }

    /// The secret of a subject; `None` if it was encrypted with another key or for another subject, or was changed.
    #[must_use]
    pub fn open<T>(&self, subject: Id<T>, sealed: &str) -> Option<Vec<u8>> {
        let (id, text) = sealed.split_once('.')?;
        let SealingKey { key, .. } = self.keys.iter().find(|key| key.id == id)?;
        let text = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, content) = text.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = content.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(subject.to_string()), &mut content).ok()?;
        Some(opened.to_vec())
    }

    /// The same secret under the present key, if it was encrypted with the one before.
    #[must_use]
    pub fn reseal<T>(&self, subject: Id<T>, sealed: &str) -> Option<String> {
        let is_present =
            self.keys.first().is_some_and(|key| sealed.split_once('.').is_some_and(|(id, _)| id == key.id));
        if is_present { None } else { self.seal(subject, &self.open(subject, sealed)?) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;

    const FIRST: &[u8] = b"0123456789abcdef0123456789abcdef";
    const SECOND: &[u8] = b"another secret of 32 random bytes";
    const USER: UserId = UserId::new(7);

    fn new(secret: &[u8], old_secret: Option<&[u8]>) -> Sealing {
        Sealing::new(Purpose::SecondFactor, secret, old_secret)
    }

    #[test]
    fn a_secret_is_opened_only_for_its_user_with_its_key_and_unchanged() {
        let sealing = new(FIRST, None);
        let sealed = sealing.seal(USER, b"a secret of 20 bytes").unwrap();
        assert_eq!(sealing.open(USER, &sealed).as_deref(), Some(&b"a secret of 20 bytes"[..]));
        assert_ne!(sealing.seal(USER, b"a secret of 20 bytes").unwrap(), sealed, "each text has a nonce of its own");
        assert!(sealed.len() <= 128, "the column has 128 characters: {}", sealed.len());
        assert_eq!(sealing.open(UserId::new(8), &sealed), None);
        assert_eq!(new(SECOND, None).open(USER, &sealed), None);
        assert_eq!(Sealing::new(Purpose::Webhook, FIRST, None).open(USER, &sealed), None);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(sealing.open(USER, &changed), None, "{at}: {changed}");
        }
        for short in ["", ".", "no dot", &sealed[..20]] {
            assert_eq!(sealing.open(USER, short), None, "{short}");
        }
    }

    #[test]
    fn a_secret_survives_the_replacement_of_the_key() {
        let sealed = new(FIRST, None).seal(USER, b"a secret of 20 bytes").unwrap();
        let both = new(SECOND, Some(FIRST));
        assert!(both.open(USER, &sealed).is_some());
        let resealed = both.reseal(USER, &sealed).unwrap();
        assert_eq!(both.reseal(USER, &resealed), None, "nothing is left to do");
        assert_eq!(new(SECOND, None).open(USER, &resealed).as_deref(), Some(&b"a secret of 20 bytes"[..]));
        assert_eq!(new(SECOND, None).reseal(USER, &sealed), None);
    }
}
