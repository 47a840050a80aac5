//! Unit tests of the Alipay gateway, with the keys of the test vectors.

mod answer;
mod notification;
mod setting;
mod standin;
mod trade;

use std::path::PathBuf;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::{MerchantAccount, sign};
use crate::config;
use crate::domain::clock::Clock;
use crate::gateway::Shop;
use crate::gateway::crypto::key::PrivateKey;
use crate::gateway::ticket::PayPages;

static KEYS: LazyLock<Value> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/payment_own.json")).unwrap();
    vectors["keys"].clone()
});

const APP_ID: &str = "2021000000000001";
const SELLER_ID: &str = "2088000000000001";

/// The form `part` of the test key `key`.
fn part(key: &str, part: &str) -> &'static str {
    KEYS[key][part].as_str().unwrap_or_else(|| panic!("{key} has no {part}"))
}

fn private(key: &str) -> PrivateKey {
    PrivateKey::parse(part(key, "pkcs8_der_b64")).unwrap()
}

fn shop() -> Shop {
    Shop {
        public_url: "https://shop.example.com".to_owned(),
        clock: Clock::default(),
        pay_pages: PayPages::new(b"a secret", None),
    }
}

/// Settings of an account, and the temporary folder with their files.
struct Given {
    settings: config::Alipay,
    folder: TempDir,
}

impl Given {
    /// An account that uses Alipay's public key without certificates.
    fn bare() -> Self {
        Self::bare_with(&[])
    }

    /// Like [`bare`](Self::bare), with additional settings.
    fn bare_with(more: &[(&str, &str)]) -> Self {
        let mut given = Self::read(&[&[("APP_ID", APP_ID), ("SELLER_ID", SELLER_ID)], more].concat());
        given.settings.app_key = given.file("app_key", part("ali_app", "pkcs8_der_b64"));
        given.settings.platform_key = given.file("platform_key", part("ali_platform", "spki_der_b64"));
        given
    }

    /// An account that uses certificates: two of Alipay's, and a merchant key for which the vectors have a certificate.
    fn certified() -> Self {
        let mut given = Self::read(&[("APP_ID", APP_ID), ("SELLER_ID", SELLER_ID)]);
        let both = format!("{}{}", part("ali_cert_1", "pem"), part("ali_cert_2", "pem"));
        given.settings.app_key = given.file("app_key", part("wx_platform_certkey", "pkcs1_der_b64"));
        given.settings.app_certificate = given.file("app", part("wx_platform_cert", "pem"));
        given.settings.platform_certificate = given.file("platform", &both);
        given.settings.root_certificate = given.file("root", &both);
        given
    }

    /// The default settings, overridden by the environment `variables`.
    fn read(variables: &[(&str, &str)]) -> Self {
        let name = |name: &str| format!("TRADEPOST__GATEWAY__ALIPAY__{name}");
        let variables = variables.iter().map(|(key, value)| (name(key), (*value).to_owned())).collect();
        Self { settings: config::read("", variables).unwrap().gateway.alipay, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn account(&self) -> MerchantAccount {
        MerchantAccount::new(&self.settings, &shop()).unwrap().unwrap()
    }
}

/// A form with these fields, signed as Alipay signs notifications.
fn form(fields: &[(&str, &str)], key: &PrivateKey) -> String {
    let sign = key.sign(sign::canonical(fields.iter().copied(), &["sign_type"]).as_bytes()).unwrap();
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).append_pair("sign", &sign).finish()
}

/// A response to `method`, signed as Alipay signs responses.
fn signed_response(method: &str, content: &str, key: &PrivateKey) -> String {
    let (name, sign) = (method.replace('.', "_"), key.sign(content.as_bytes()).unwrap());
    format!(r#"{{"{name}_response":{content},"sign":"{sign}"}}"#)
}

/// All texts that differ from `text` in one bit.
fn with_one_bit_flipped(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..text.len() * 8).map(|bit| {
        let mut flipped = text.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

/// All signatures whose decoded bytes differ from those of `sign` in one bit, in base64.
fn signatures_with_one_bit_flipped(sign: &str) -> impl Iterator<Item = String> {
    let sign = STANDARD.decode(sign).unwrap();
    with_one_bit_flipped(&sign).map(|sign| STANDARD.encode(sign)).collect::<Vec<_>>().into_iter()
}
