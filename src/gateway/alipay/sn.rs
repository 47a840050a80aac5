//! The numbers by which Alipay names certificates: the MD5 of who issued them and their serial number.

use md5::{Digest, Md5};

use crate::gateway::crypto::certificate::Certificate;

/// The number of one certificate, 32 hexadecimal digits.
#[must_use]
pub fn of(certificate: &Certificate) -> String {
    let named = format!("{}{}", certificate.issuer, certificate.serial_decimal);
    hex::encode(Md5::digest(named.as_bytes()))
}

/// The number of a file of roots: those of all that are signed with RSA, with `_` between them; empty where none is.
#[must_use]
pub fn of_roots(roots: &[Certificate]) -> String {
    let rsa = roots.iter().filter(|root| root.is_signed_by_rsa);
    rsa.map(of).collect::<Vec<_>>().join("_")
}
