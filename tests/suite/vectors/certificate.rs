//! Certificates around the keys of the vectors, so that each vector is also checked in certificate mode. No platform's
//! certificate is verified by its chain, so the signature is a placeholder.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// SHA-256 with RSA: 1.2.840.113549.1.1.11, without parameters.
const ALGORITHM: [u8; 15] = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11, 5, 0];
const COMMON_NAME: [u8; 5] = [6, 3, 0x55, 4, 3];

/// A certificate for a public key (base64 of its SPKI), as PEM.
pub fn around(key: &str) -> String {
    let name = [COMMON_NAME.to_vec(), der(0x0C, b"Tradepost test")].concat();
    let name = der(0x30, &der(0x31, &der(0x30, &name)));
    let validity = der(0x30, &[der(0x17, b"250101000000Z"), der(0x17, b"350101000000Z")].concat());
    let (version, serial) = (der(0xA0, &der(2, &[2])), der(2, &[7]));
    let key = STANDARD.decode(key).unwrap();
    let content = [version, serial, ALGORITHM.to_vec(), name.clone(), validity, name, key].concat();
    let signature = der(3, &[0; 257]);
    let certificate = der(0x30, &[der(0x30, &content), ALGORITHM.to_vec(), signature].concat());
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

/// A value of DER: its tag, its length and its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}
