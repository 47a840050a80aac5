//! RSA keys of ours and of platforms, as people paste them: PEM, or the base64 of their DER on one line. Signatures are
//! RSASSA-PKCS1-v1_5 with SHA-256, written as base64: what Alipay calls RSA2, and WeChat WECHATPAY2-SHA256-RSA2048.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Invalid;

const SHORTEST_BYTES: usize = 2048 / 8;
const TOO_SHORT: Invalid = Invalid("must be a key of at least 2048 bits");

/// A private key: it signs. It is never printed.
#[derive(Clone)]
pub struct PrivateKey(Arc<RsaKeyPair>);

/// A public key: it verifies.
#[derive(Debug, Clone)]
pub struct PublicKey(Arc<ParsedPublicKey>);

impl PrivateKey {
    /// Reads PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let der = der(text)?;
        if public(&der).is_some() {
            return Err(Invalid("is a public key, the private one is needed"));
        }
        let pair = private(&der).ok_or(Invalid("must be an RSA private key, PKCS#8 or PKCS#1, as PEM or in base64"))?;
        if pair.public_modulus_len() < SHORTEST_BYTES {
            return Err(TOO_SHORT);
        }
        Ok(Self(Arc::new(pair)))
    }

    /// The signature of `text`, in base64. It takes about a millisecond.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn sign(&self, text: &[u8]) -> Result<String, Invalid> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature);
        signed.map(|()| STANDARD.encode(&signature)).map_err(|_| Invalid("cannot be signed"))
    }

    /// Whether this is the other half of `public`.
    #[must_use]
    pub fn belongs_to(&self, public: &PublicKey) -> bool {
        const PROBE: &[u8] = b"whose key is this?";
        self.sign(PROBE).is_ok_and(|signature| public.verifies(PROBE, &signature))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl PublicKey {
    /// Reads an SPKI or a PKCS#1 public key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let der = der(text)?;
        if private(&der).is_some() {
            return Err(Invalid("is a private key, the platform's public one is needed"));
        }
        Self::from_der(&der)
    }

    /// The same from its bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_der(der: &[u8]) -> Result<Self, Invalid> {
        const KIND: Invalid = Invalid("must be an RSA public key, as PEM or in base64");
        let key = public(der).ok_or(KIND)?;
        if key.modulus_len() < SHORTEST_BYTES {
            return Err(TOO_SHORT);
        }
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()).map_err(|_| KIND)?;
        Ok(Self(Arc::new(key)))
    }

    /// Whether `signature`, in base64, is one of `text` by the other half of this key.
    #[must_use]
    pub fn verifies(&self, text: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.0.verify_sig(text, &signature).is_ok())
    }
}

fn der(text: &str) -> Result<Vec<u8>, Invalid> {
    let base64: String = text.lines().filter(|line| !line.trim_start().starts_with("-----")).collect();
    let base64: String = base64.split_whitespace().collect();
    match STANDARD.decode(base64) {
        Ok(der) if !der.is_empty() => Ok(der),
        _ => Err(Invalid("must be a key as PEM or in base64")),
    }
}

fn private(der: &[u8]) -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok()
}

fn public(der: &[u8]) -> Option<rsa::PublicKey> {
    rsa::PublicKey::from_der(der).ok()
}
