//! Alipay's certificate ids ("SN"): the MD5 of the issuer's name followed by the decimal serial number.

use md5::{Digest, Md5};

use crate::gateway::crypto::certificate::Certificate;

/// The id of one certificate: 32 lower-case hexadecimal digits.
#[must_use]
pub fn of(certificate: &Certificate) -> String {
    let text = format!("{}{}", certificate.issuer, certificate.serial_decimal);
    hex::encode(Md5::digest(text.as_bytes()))
}

/// The id of a file of root certificates: the ids of those signed with RSA, joined by `_`; empty if there are none.
#[must_use]
pub fn of_roots(roots: &[Certificate]) -> String {
    let rsa = roots.iter().filter(|root| root.is_signed_by_rsa);
    rsa.map(of).collect::<Vec<_>>().join("_")
}
