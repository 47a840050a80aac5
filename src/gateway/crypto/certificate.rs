//! Reads X.509 certificates, ours and the platforms', from PEM files. Chains are not verified: the settings name the
//! files, and that is what makes a certificate trusted.

use x509_parser::oid_registry::Oid;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::key::PublicKey;
use crate::domain::Invalid;
use crate::domain::clock::Timestamp;

/// The fields of a certificate that are used here.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The serial number in decimal.
    pub serial_decimal: String,
    /// The serial number in upper-case hex.
    pub serial_hex: String,
    /// The issuer's name in the order of RFC 2253: the last part first.
    pub issuer: String,
    /// Whether the issuer signed the certificate with an RSA key.
    pub is_signed_by_rsa: bool,
    /// Start of the time for which it is valid.
    pub valid_from: Timestamp,
    /// End of that time.
    pub valid_until: Timestamp,
    /// The public key; `None` unless it is an RSA key of at least 2048 bits.
    pub key: Option<PublicKey>,
}

/// Reads all certificates of a PEM file. Certificates that the parser does not support (SM2) are skipped.
///
/// # Errors
/// If the file is not PEM or has no readable certificate.
pub fn read(pem: &str) -> Result<Vec<Certificate>, Invalid> {
    const NOT_PEM: Invalid = Invalid("must be one or more certificates as PEM");
    let mut certificates = Vec::new();
    for block in Pem::iter_from_buffer(pem.as_bytes()) {
        let block = block.map_err(|_| NOT_PEM)?;
        certificates.extend(of_der(&block.contents));
    }
    if certificates.is_empty() { Err(NOT_PEM) } else { Ok(certificates) }
}

/// Reads one certificate. `None` if the parser does not support it.
#[must_use]
pub fn of_der(der: &[u8]) -> Option<Certificate> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| from_x509(&certificate))
}

fn from_x509(certificate: &X509Certificate<'_>) -> Certificate {
    let serial = &certificate.tbs_certificate.serial;
    Certificate {
        serial_decimal: serial.to_string(),
        serial_hex: hex::encode_upper(serial.to_bytes_be()),
        issuer: rfc2253(certificate.issuer()),
        valid_from: Timestamp(certificate.validity().not_before.timestamp().saturating_mul(1000)),
        valid_until: Timestamp(certificate.validity().not_after.timestamp().saturating_mul(1000)),
        is_signed_by_rsa: is_rsa(&certificate.signature_algorithm.algorithm),
        key: PublicKey::from_der(certificate.public_key().raw).ok(),
    }
}

fn is_rsa(algorithm: &Oid<'_>) -> bool {
    algorithm.to_id_string().starts_with("1.2.840.113549.1.1.")
}

fn rfc2253(name: &X509Name<'_>) -> String {
    let part = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let oid = attribute.attr_type();
        let key = x509_parser::objects::oid2abbrev(oid, x509_parser::objects::oid_registry());
        let key = key.map_or_else(|_| oid.to_id_string(), str::to_owned);
        format!("{key}={}", attribute.as_str().unwrap_or_default())
    };
    let mut parts: Vec<String> =
        name.iter_rdn().map(|rdn| rdn.iter().map(part).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}
