//! Alipay's certificate numbers.

use md5::{Digest, Md5};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;

/// Prefix of the RSA signature algorithms. The root number covers only roots with one of these.
const RSA: &str = "1.2.840.113549.1.1.";

/// The number of the only certificate in a PEM file: MD5 of issuer and serial number.
pub fn number(pem: &str) -> String {
    numbers(pem, |certificate| Some(number_of(certificate))).remove(0)
}

/// The joined numbers of all root certificates with an RSA signature.
pub fn root_number(pem: &str) -> String {
    let rsa = |certificate: &X509Certificate<'_>| {
        certificate.signature_algorithm.algorithm.to_id_string().starts_with(RSA).then(|| number_of(certificate))
    };
    numbers(pem, rsa).join("_")
}

fn numbers(pem: &str, number: impl Fn(&X509Certificate<'_>) -> Option<String>) -> Vec<String> {
    Pem::iter_from_buffer(pem.as_bytes()).filter_map(|pem| number(&pem.unwrap().parse_x509().unwrap())).collect()
}

fn number_of(certificate: &X509Certificate<'_>) -> String {
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
