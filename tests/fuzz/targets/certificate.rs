//! Certificates: any PEM file, and any bytes as the content of one.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tradepost::gateway::alipay::sn;
use tradepost::gateway::crypto::certificate;
use tradepost_fuzz::{key, seed};

fn seeds() -> Vec<Vec<u8>> {
    let files = ["wx_platform_cert", "ali_cert_1", "ali_cert_2"].map(|name| key(name, "pem").to_owned());
    let der = |pem: &String| {
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(base64).unwrap()
    };
    let bytes: Vec<_> = files.iter().map(der).collect();
    let all = files.concat();
    files.into_iter().chain([all]).map(String::into_bytes).chain(bytes).collect()
}

fn read(pem: &str) {
    if let Ok(certificates) = certificate::read(pem) {
        assert!(certificates.iter().all(|certificate| sn::of(certificate).len() == 32));
        let _ = sn::of_roots(&certificates);
    }
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    read(&String::from_utf8_lossy(input));
    read(&format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(input)));
});
