//! The numbers by which Alipay names certificates.

use md5::{Digest, Md5};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;

/// RSA with any digest; what is signed otherwise is left out of the roots' number.
const RSA: &str = "1.2.840.113549.1.1.";

/// The number of the one certificate in a PEM file: MD5 over issuer and serial.
pub fn number(pem: &str) -> String {
    each(pem, |certificate| Some(one(certificate))).remove(0)
}

/// The numbers of all roots that RSA has signed.
pub fn root_number(pem: &str) -> String {
    let rsa = |certificate: &X509Certificate<'_>| {
        certificate.signature_algorithm.algorithm.to_id_string().starts_with(RSA).then(|| one(certificate))
    };
    each(pem, rsa).join("_")
}

fn each(pem: &str, number: impl Fn(&X509Certificate<'_>) -> Option<String>) -> Vec<String> {
    Pem::iter_from_buffer(pem.as_bytes()).filter_map(|pem| number(&pem.unwrap().parse_x509().unwrap())).collect()
}

fn one(certificate: &X509Certificate<'_>) -> String {
    let parts: Vec<String> = certificate
        .issuer()
        .iter_attributes()
        .map(|part| {
            let name = match part.attr_type().to_id_string().as_str() {
                "2.5.4.3" => "CN",
                "2.5.4.6" => "C",
                "2.5.4.10" => "O",
                "2.5.4.11" => "OU",
                other => panic!("no short name for {other}"),
            };
            format!("{name}={}", part.as_str().unwrap())
        })
        .collect();
    let issuer = parts.into_iter().rev().collect::<Vec<_>>().join(",");
    hex::encode(Md5::digest(format!("{issuer}{}", certificate.tbs_certificate.serial)))
}
