//! Alipay's optional content encryption, on top of TLS: AES-128-CBC with PKCS#7 padding, in base64.
//!
//! The initialisation vector is always zero, so equal texts have equal ciphertexts. The encryption does not
//! authenticate the sender, so only text with a valid signature is decrypted.

use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Invalid;
use crate::gateway::Reject;

const KEY_BYTES: usize = 16;
const ZERO_IV: [u8; 16] = [0; 16];

/// A content key. Its `Debug` output hides the key.
#[derive(Clone)]
pub struct ContentKey([u8; KEY_BYTES]);

impl ContentKey {
    /// Parses a key in base64.
    ///
    /// # Errors
    /// If `text` is not the base64 of 16 bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(Invalid("must be the base64 of 16 bytes"))
    }

    /// Encrypts `text`; returns base64.
    ///
    /// # Errors
    /// If the memory allocation fails.
    pub fn encrypt(&self, text: &str) -> Result<String, Invalid> {
        let mut bytes = text.as_bytes().to_vec();
        let context = EncryptionContext::Iv128(FixedLength::from(ZERO_IV));
        let key = UnboundCipherKey::new(&AES_128, &self.0).and_then(PaddedBlockEncryptingKey::cbc_pkcs7);
        let encrypted = key.and_then(|key| key.less_safe_encrypt(&mut bytes, context).map(drop));
        encrypted.map(|()| STANDARD.encode(&bytes)).map_err(|_| Invalid("cannot be encrypted"))
    }

    /// Decrypts base64 text. The caller has verified its signature.
    ///
    /// # Errors
    /// [`Reject::Ciphertext`] if `text` does not decrypt with this key to UTF-8.
    pub fn decrypt(&self, text: &str) -> Result<String, Reject> {
        let mut bytes = STANDARD.decode(text).map_err(|_| Reject::Ciphertext)?;
        let context = DecryptionContext::Iv128(FixedLength::from(ZERO_IV));
        let key = UnboundCipherKey::new(&AES_128, &self.0).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
        let plain = key.and_then(|key| key.decrypt(&mut bytes, context).map(|plain| plain.to_vec()));
        plain.ok().and_then(|plain| String::from_utf8(plain).ok()).ok_or(Reject::Ciphertext)
    }
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> ContentKey {
        ContentKey::parse(&STANDARD.encode([7; KEY_BYTES])).unwrap()
    }

    #[test]
    fn a_key_has_sixteen_bytes_and_is_not_printed() {
        for bad in ["", "AAAA", "no base64!", &STANDARD.encode([7; 32])] {
            assert!(ContentKey::parse(bad).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(format!("{:?}", key()), "ContentKey(..)");
    }

    #[test]
    fn decryption_with_another_key_fails() {
        let other = ContentKey::parse(&STANDARD.encode([8; KEY_BYTES])).unwrap();
        let text = r#"{"out_trade_no":"77","total_amount":"88.88"}"#;
        assert_eq!(other.decrypt(&key().encrypt(text).unwrap()), Err(Reject::Ciphertext));
    }

    proptest! {
        #[test]
        fn encrypted_text_decrypts_to_the_original(text in "\\PC{0,80}") {
            prop_assert_eq!(key().decrypt(&key().encrypt(&text).unwrap()), Ok(text));
        }

        #[test]
        fn no_text_makes_decryption_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = key().decrypt(&STANDARD.encode(&bytes));
            let _ = key().decrypt(&String::from_utf8_lossy(&bytes));
        }
    }
}
