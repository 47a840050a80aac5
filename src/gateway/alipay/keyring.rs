//! Alipay's public keys. Several may be valid at a time, so that keys can be rotated without a gap.

use crate::domain::Invalid;
use crate::gateway::Reject;
use crate::gateway::crypto::key::PublicKey;

const PEM_BEGIN: &str = "-----BEGIN";

/// The set of keys that verify Alipay's signatures.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// Keys of certificates, each with the certificate's id.
    named: Vec<(String, PublicKey)>,
    /// Keys without a certificate.
    bare: Vec<PublicKey>,
}

impl Keyring {
    /// Parses keys without certificates. `text` has PEM blocks, or one base64 key per line, or one base64 key wrapped
    /// over several lines.
    ///
    /// # Errors
    /// The first invalid key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let bare: Result<Vec<_>, _> = if text.contains(PEM_BEGIN) {
            text.split(PEM_BEGIN).skip(1).map(|block| PublicKey::parse(&format!("{PEM_BEGIN}{block}"))).collect()
        } else if lines().next().is_some_and(|line| PublicKey::parse(line).is_ok()) {
            lines().map(PublicKey::parse).collect()
        } else {
            PublicKey::parse(text).map(|key| vec![key])
        };
        Ok(Self { named: Vec::new(), bare: bare? })
    }

    /// Adds the key of the certificate with the id `sn`.
    #[must_use]
    pub fn with(mut self, sn: String, key: PublicKey) -> Self {
        self.named.push((sn, key));
        self
    }

    /// All keys.
    pub fn all(&self) -> impl Iterator<Item = &PublicKey> {
        self.bare.iter().chain(self.named.iter().map(|(_, key)| key))
    }

    /// The candidate keys for a message that names the certificate `sn`, or none. Notifications name no certificate
    /// even if Alipay signs with one.
    fn keys(&self, sn: Option<&str>) -> Vec<&PublicKey> {
        match sn {
            Some(sn) => self.named.iter().filter(|(name, _)| name == sn).map(|(_, key)| key).collect(),
            None if self.bare.is_empty() => self.all().collect(),
            None => self.bare.iter().collect(),
        }
    }

    /// Verifies that `signature` is Alipay's signature of `text`. `sn` is the certificate named by the message. If it
    /// names one, no other key is tried.
    ///
    /// # Errors
    /// [`Reject::UnknownKey`] if there is no candidate key, [`Reject::Signature`] if the signature is invalid.
    pub fn verify(&self, sn: Option<&str>, text: &str, signature: &str) -> Result<(), Reject> {
        let keys = self.keys(sn);
        if keys.is_empty() {
            return Err(Reject::UnknownKey);
        }
        let is_valid = keys.into_iter().any(|key| key.verifies(text.as_bytes(), signature));
        if is_valid { Ok(()) } else { Err(Reject::Signature) }
    }
}
