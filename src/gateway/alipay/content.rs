//! Alipay's encryption of what is asked and answered, on top of TLS: AES-128-CBC in base64. Its vector is always zero,
//! so it does not hide that something is said twice, and it does not say who wrote a text: only what a signature covers
//! is decrypted.

use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Invalid;
use crate::gateway::Reject;

const BYTES: usize = 16;
const ZERO: [u8; 16] = [0; 16];

/// The key of the contents. It is never printed.
#[derive(Clone)]
pub struct ContentKey([u8; BYTES]);

impl ContentKey {
    /// Reads a key in base64.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(Invalid("must be the base64 of 16 bytes"))
    }

    /// Encrypts a text.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn encrypt(&self, text: &str) -> Result<String, Invalid> {
        let mut bytes = text.as_bytes().to_vec();
        let context = EncryptionContext::Iv128(FixedLength::from(ZERO));
        let key = UnboundCipherKey::new(&AES_128, &self.0).and_then(PaddedBlockEncryptingKey::cbc_pkcs7);
        let done = key.and_then(|key| key.less_safe_encrypt(&mut bytes, context).map(drop));
        done.map(|()| STANDARD.encode(&bytes)).map_err(|_| Invalid("cannot be encrypted"))
    }

    /// Decrypts a text whose signature is good.
    ///
    /// # Errors
    /// [`Reject::Ciphertext`] where it is not one of this key.
    pub fn decrypt(&self, text: &str) -> Result<String, Reject> {
        let mut bytes = STANDARD.decode(text).map_err(|_| Reject::Ciphertext)?;
        let context = DecryptionContext::Iv128(FixedLength::from(ZERO));
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
        ContentKey::parse(&STANDARD.encode([7; BYTES])).unwrap()
    }

    #[test]
    fn a_key_is_sixteen_bytes_and_never_printed() {
        for bad in ["", "AAAA", "no base64!", &STANDARD.encode([7; 32])] {
            assert!(ContentKey::parse(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(format!("{:?}", key()), "ContentKey(..)");
    }

    #[test]
    fn another_key_does_not_decrypt() {
        let other = ContentKey::parse(&STANDARD.encode([8; BYTES])).unwrap();
        let text = r#"{"out_trade_no":"77","total_amount":"88.88"}"#;
        assert_eq!(other.decrypt(&key().encrypt(text).unwrap()), Err(Reject::Ciphertext));
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_decrypted(text in "\\PC{0,80}") {
            prop_assert_eq!(key().decrypt(&key().encrypt(&text).unwrap()), Ok(text));
        }

        #[test]
        fn no_text_makes_decrypting_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = key().decrypt(&STANDARD.encode(&bytes));
            let _ = key().decrypt(&String::from_utf8_lossy(&bytes));
        }
    }
}
