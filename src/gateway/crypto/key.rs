//! RSA keys, ours and the platforms'. A key is given as PEM or as the base64 of its DER. Signatures are
//! RSASSA-PKCS1-v1_5 with SHA-256 in base64, which Alipay calls RSA2 and WeChat Pay WECHATPAY2-SHA256-RSA2048.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Invalid;

const MODULUS_BYTES_MIN: usize = 2048 / 8;
const TOO_SHORT: Invalid = Invalid("must be a key of at least 2048 bits");

/// A private key, for signing. Its `Debug` output hides the key.
#[derive(Clone)]
pub struct PrivateKey(Arc<RsaKeyPair>);

/// A public key, for verifying signatures.
#[derive(Debug, Clone)]
pub struct PublicKey(Arc<ParsedPublicKey>);

impl PrivateKey {
    /// Parses a PKCS#8 or PKCS#1 private key.
    ///
    /// # Errors
    /// If `text` is not an RSA private key of at least 2048 bits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let der = der(text)?;
        if public(&der).is_some() {
            return Err(Invalid("is a public key, the private one is needed"));
        }
        let pair = private(&der).ok_or(Invalid("must be an RSA private key, PKCS#8 or PKCS#1, as PEM or in base64"))?;
        if pair.public_modulus_len() < MODULUS_BYTES_MIN {
            return Err(TOO_SHORT);
        }
        Ok(Self(Arc::new(pair)))
    }

    /// Signs `text`; returns the signature in base64. Blocks the thread for about a millisecond.
    ///
    /// # Errors
    /// If the memory allocation fails.
    pub fn sign(&self, text: &[u8]) -> Result<String, Invalid> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature);
        signed.map(|()| STANDARD.encode(&signature)).map_err(|_| Invalid("cannot be signed"))
    }

    /// Whether this key and `public` are a pair.
    #[must_use]
    pub fn belongs_to(&self, public: &PublicKey) -> bool {
        const MESSAGE: &[u8] = b"do these keys match?";
        self.sign(MESSAGE).is_ok_and(|signature| public.verifies(MESSAGE, &signature))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl PublicKey {
    /// Parses an SPKI or PKCS#1 public key.
    ///
    /// # Errors
    /// If `text` is not an RSA public key of at least 2048 bits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let der = der(text)?;
        if private(&der).is_some() {
            return Err(Invalid("is a private key, the platform's public one is needed"));
        }
        Self::from_der(&der)
    }

    /// Reads a public key from its DER.
    ///
    /// # Errors
    /// If `der` is not an RSA public key of at least 2048 bits.
    pub fn from_der(der: &[u8]) -> Result<Self, Invalid> {
        const NOT_RSA: Invalid = Invalid("must be an RSA public key, as PEM or in base64");
        let key = public(der).ok_or(NOT_RSA)?;
        if key.modulus_len() < MODULUS_BYTES_MIN {
            return Err(TOO_SHORT);
        }
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()).map_err(|_| NOT_RSA)?;
        Ok(Self(Arc::new(key)))
    }

    /// Whether `signature`, in base64, is a valid signature of `text` for this key.
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
