//! The keys of the test vectors, and signing and verifying with them. They are public: for tests only.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use aws_lc_rs::{digest, signature};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use x509_parser::der_parser::der::parse_der;
use x509_parser::num_bigint::BigUint;

/// The file with the vectors and their keys.
pub static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/payment_own.json")).unwrap());

/// The DER prefix of a SHA-1 digest in a PKCS#1 signature.
const SHA1_PREFIX: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// The field `field` of the key `name`.
pub fn field(name: &str, field: &str) -> &'static str {
    VECTORS["keys"][name][field].as_str().unwrap_or_else(|| panic!("no {field} of a key {name}"))
}

/// An RSA key pair.
pub struct Key {
    name: &'static str,
    pair: RsaKeyPair,
}

impl Key {
    pub fn named(name: &'static str) -> Self {
        let der = BASE64_STANDARD.decode(field(name, "pkcs8_der_b64")).unwrap();
        Self { name, pair: RsaKeyPair::from_pkcs8(&der).unwrap() }
    }

    /// The public or the private key in one of the file's formats, in base64.
    pub fn form(&self, form: &str) -> &'static str {
        field(self.name, form)
    }

    /// The public or the private key as PEM.
    pub fn pem(&self, label: &str, form: &str) -> String {
        let text = self.form(form).as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap());
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", text.collect::<Vec<_>>().join("\n"))
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256; returns base64.
    pub fn sign(&self, text: &[u8]) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).unwrap();
        BASE64_STANDARD.encode(signature)
    }

    /// Signs with SHA-1. It is computed here, because the library no longer signs with SHA-1.
    pub fn sign_sha1(&self, text: &[u8]) -> String {
        let size = self.pair.public_modulus_len();
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text);
        let tail = [&SHA1_PREFIX, digest.as_ref()].concat();
        let padding = vec![0xff; size - 3 - tail.len()];
        let block = [&[0, 1], padding.as_slice(), &[0], &tail].concat();
        let der = BASE64_STANDARD.decode(self.form("pkcs1_der_b64")).unwrap();
        let (_, private) = parse_der(&der).unwrap();
        let number = |index: usize| private.as_sequence().unwrap()[index].as_biguint().unwrap();
        let signature = BigUint::from_bytes_be(&block).modpow(&number(3), &number(1)).to_bytes_be();
        BASE64_STANDARD.encode([vec![0; size - signature.len()], signature].concat())
    }

    /// Whether `signature`, in base64, is this key's signature of the text.
    pub fn verifies(&self, text: &[u8], signature: &str) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        BASE64_STANDARD.decode(signature).is_ok_and(|signature| public.verify(text, &signature).is_ok())
    }

    /// The same check with SHA-1.
    pub fn verifies_sha1(&self, text: &[u8], signature: &str) -> bool {
        let algorithm = &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
        let public = UnparsedPublicKey::new(algorithm, self.pair.public_key().as_ref());
        BASE64_STANDARD.decode(signature).is_ok_and(|signature| public.verify(text, &signature).is_ok())
    }
}
