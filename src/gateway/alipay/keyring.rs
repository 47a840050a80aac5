//! Alipay's public keys. There may be several at a time, so that one can follow another without a gap.

use crate::domain::Invalid;
use crate::gateway::Reject;
use crate::gateway::crypto::key::PublicKey;

const PEM: &str = "-----BEGIN";

/// The keys whose signatures are Alipay's.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// Those of certificates, with the number of theirs.
    named: Vec<(String, PublicKey)>,
    /// Those that were given bare.
    bare: Vec<PublicKey>,
}

impl Keyring {
    /// Bare keys as people paste them: blocks of PEM, or one on each line, or one over several lines.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let bare: Result<Vec<_>, _> = if text.contains(PEM) {
            text.split(PEM).skip(1).map(|block| PublicKey::parse(&format!("{PEM}{block}"))).collect()
        } else if lines().next().is_some_and(|line| PublicKey::parse(line).is_ok()) {
            lines().map(PublicKey::parse).collect()
        } else {
            PublicKey::parse(text).map(|key| vec![key])
        };
        Ok(Self { named: Vec::new(), bare: bare? })
    }

    /// The same with the key of a certificate.
    #[must_use]
    pub fn with(mut self, sn: String, key: PublicKey) -> Self {
        self.named.push((sn, key));
        self
    }

    /// All keys.
    pub fn all(&self) -> impl Iterator<Item = &PublicKey> {
        self.bare.iter().chain(self.named.iter().map(|(_, key)| key))
    }

    /// The keys that may have signed what names a certificate, or none. What is told by Alipay itself names none, also
    /// where it has certificates.
    fn keys(&self, sn: Option<&str>) -> Vec<&PublicKey> {
        match sn {
            Some(sn) => self.named.iter().filter(|(name, _)| name == sn).map(|(_, key)| key).collect(),
            None if self.bare.is_empty() => self.all().collect(),
            None => self.bare.iter().collect(),
        }
    }

    /// Whether `signature` is one of Alipay's; `sn` is the certificate that is named with it. No other key is tried
    /// instead of the one that is named.
    ///
    /// # Errors
    /// [`Reject::UnknownKey`] and [`Reject::Signature`].
    pub fn verify(&self, sn: Option<&str>, text: &str, signature: &str) -> Result<(), Reject> {
        let keys = self.keys(sn);
        if keys.is_empty() {
            return Err(Reject::UnknownKey);
        }
        let is_one = keys.into_iter().any(|key| key.verifies(text.as_bytes(), signature));
        if is_one { Ok(()) } else { Err(Reject::Signature) }
    }
}
