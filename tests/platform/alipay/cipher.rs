//! Encryption of contents: AES-128-CBC, an IV of zeros, PKCS#5 padding, base64.

use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

pub type AesKey = [u8; 16];

const IV: [u8; 16] = [0; 16];

pub fn encrypt(key: &AesKey, text: &str) -> String {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key).unwrap()).unwrap();
    let mut bytes = text.as_bytes().to_vec();
    key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(IV.into())).unwrap();
    BASE64_STANDARD.encode(bytes)
}

/// Decrypts a text; `None` if that fails.
pub fn decrypt(key: &AesKey, text: &str) -> Option<String> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key).unwrap()).unwrap();
    let mut bytes = BASE64_STANDARD.decode(text).ok()?;
    let plain = key.decrypt(&mut bytes, DecryptionContext::Iv128(IV.into())).ok()?;
    String::from_utf8(plain.to_vec()).ok()
}
