//! Decrypts the content of WeChat Pay's notifications: AES-GCM, with the bytes of the APIv3 key as the key and the tag
//! at the end of the ciphertext.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Invalid;
use crate::gateway::Reject;

/// A decryption key. Its `Debug` output hides the key.
pub struct Key(LessSafeKey);

impl Key {
    /// Creates a key of 16 or 32 bytes. An account's key has 32 bytes; WeChat's own test data also uses 16.
    ///
    /// # Errors
    /// If `bytes` has another length.
    pub fn new(bytes: &[u8]) -> Result<Self, Invalid> {
        let algorithm = if bytes.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let key = UnboundKey::new(algorithm, bytes).map_err(|_| Invalid("must have 16 or 32 bytes"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Decrypts and authenticates `ciphertext`, which is base64. `nonce` has 12 bytes; `associated`, the associated
    /// data, may be empty.
    ///
    /// # Errors
    /// [`Reject::Unreadable`] if `nonce` or `ciphertext` is malformed, [`Reject::Ciphertext`] if the key is another one
    /// or the data was changed.
    pub fn open(&self, nonce: &str, associated: &str, ciphertext: &str) -> Result<Vec<u8>, Reject> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(|_| Reject::Unreadable)?;
        let mut content = STANDARD.decode(ciphertext).map_err(|_| Reject::Unreadable)?;
        let opened = self.0.open_in_place(nonce, Aad::from(associated), &mut content);
        let length = opened.map_err(|_| Reject::Ciphertext)?.len();
        content.truncate(length);
        Ok(content)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: &str = "AbCdEf012345";

    fn sealed(key: &[u8], text: &[u8]) -> String {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(NONCE.as_bytes()).unwrap();
        let mut content = text.to_vec();
        key.seal_in_place_append_tag(nonce, Aad::from("transaction"), &mut content).unwrap();
        STANDARD.encode(content)
    }

    #[test]
    fn only_the_same_key_nonce_and_associated_data_decrypt() {
        let (ours, theirs) = ([7; 32], [8; 32]);
        let (key, sealed) = (Key::new(&ours).unwrap(), sealed(&ours, b"content"));
        assert_eq!(key.open(NONCE, "transaction", &sealed).unwrap(), b"content");
        assert_eq!(key.open(NONCE, "refund", &sealed), Err(Reject::Ciphertext));
        assert_eq!(key.open("AbCdEf012346", "transaction", &sealed), Err(Reject::Ciphertext));
        assert_eq!(Key::new(&theirs).unwrap().open(NONCE, "transaction", &sealed), Err(Reject::Ciphertext));
    }

    #[test]
    fn a_malformed_nonce_or_ciphertext_is_unreadable() {
        let key = Key::new(&[7; 32]).unwrap();
        for nonce in ["", "AbCdEf01234", "AbCdEf0123456", "AbCdEf01234é"] {
            assert_eq!(key.open(nonce, "", "AAAA"), Err(Reject::Unreadable), "{nonce}");
        }
        assert_eq!(key.open(NONCE, "", "not base64"), Err(Reject::Unreadable));
        assert_eq!(key.open(NONCE, "", ""), Err(Reject::Ciphertext));
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_no_key_is_printed() {
        for length in [0, 15, 17, 24, 31, 33] {
            Key::new(&vec![0; length]).unwrap_err();
        }
        assert_eq!(format!("{:?}", Key::new(b"a secret of 16 B").unwrap()), "Key(..)");
    }

    proptest! {
        #[test]
        fn no_input_makes_decryption_panic(nonce in ".{0,16}", associated in ".{0,16}", content in ".{0,64}") {
            let key = Key::new(&[7; 32]).unwrap();
            prop_assert!(key.open(&nonce, &associated, &content).is_err());
            prop_assert!(key.open(NONCE, &associated, &STANDARD.encode(&content)).is_err());
        }
    }
}
