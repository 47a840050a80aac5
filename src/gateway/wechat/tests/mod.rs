//! Unit tests of the WeChat Pay gateway, with the account and the keys of the test vectors.

mod answer;
mod call;
mod notification;
mod platform;
mod setting;

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::account::MerchantAccount;
use super::keys;
use crate::config;
use crate::domain::clock::{Clock, Timestamp};
use crate::gateway::Shop;
use crate::gateway::crypto::key::PrivateKey;
use crate::gateway::ticket::PayPages;

const MERCHANT: &str = "1900000001";
const APP: &str = "wx0123456789abcdef";
const API_V3_KEY: &str = "OwnTestApiV3Key_0123456789abcdef";
const SERIAL: &str = "3775b6a45acd588826d15e583a95f5dd00000001";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012025100900000000000001";
const NOW: Timestamp = Timestamp(1_760_000_000_000);

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../tests/vectors/payment_own.json")).unwrap());

/// The form `form` of the test key `name`.
fn key(name: &str, form: &str) -> &'static str {
    VECTORS["keys"][name][form].as_str().unwrap()
}

fn private_key(name: &str) -> PrivateKey {
    PrivateKey::parse(key(name, "pkcs8_der_b64")).unwrap()
}

/// Settings of an account, and the temporary folder with their files.
struct Given {
    folder: TempDir,
    settings: config::Wechat,
    shop: Shop,
}

impl Given {
    /// An account with both WeChat Pay's public key and its certificate.
    fn new() -> Self {
        let mut given = Self {
            folder: tempfile::tempdir().unwrap(),
            settings: config::read("", Vec::new()).unwrap().gateway.wechat,
            shop: Shop {
                public_url: "https://shop.example.com".to_owned(),
                clock: Clock::default(),
                pay_pages: PayPages::new(b"a secret", None),
            },
        };
        let settings = &mut given.settings;
        settings.merchant_id = MERCHANT.to_owned();
        settings.app_id = APP.to_owned();
        settings.merchant_serial = SERIAL.to_owned();
        settings.api_v3_key = secret(API_V3_KEY);
        settings.platform_key_id = PUBLIC_KEY_ID.to_owned();
        given.settings.merchant_key = given.file(key("wx_merchant", "pkcs8_der_b64"));
        given.settings.platform_key = given.file(key("wx_platform_pubkey", "spki_der_b64"));
        given.settings.platform_certificates = given.file(key("wx_platform_cert", "pem"));
        given
    }

    /// Offers H5 payments.
    fn with_h5(mut self) -> Self {
        let setting = ("TRADEPOST__GATEWAY__WECHAT__H5_TYPE".to_owned(), "Wap".to_owned());
        self.settings.h5_type = config::read("", vec![setting]).unwrap().gateway.wechat.h5_type;
        self
    }

    fn file(&self, content: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(format!("{:x}", fastrand::u64(..)));
        std::fs::write(&path, content).unwrap();
        path
    }

    fn open(&self) -> Result<Option<MerchantAccount>, config::Error> {
        MerchantAccount::open(&self.settings, &self.shop)
    }
}

fn secret(text: &str) -> secrecy::SecretString {
    serde_json::from_value(text.into()).unwrap()
}

fn account() -> MerchantAccount {
    Given::new().open().unwrap().unwrap()
}

/// The headers of a message of WeChat Pay's.
type Headers = HashMap<&'static str, String>;

/// The headers for `body`, signed with the private key that belongs to WeChat Pay's public key.
fn headers(body: &[u8], at: Timestamp) -> Headers {
    headers_by("wx_platform_pubkey", PUBLIC_KEY_ID, body, at)
}

/// The headers for `body`, signed with the test key `name` and naming the key `serial`.
fn headers_by(name: &str, serial: &str, body: &[u8], at: Timestamp) -> Headers {
    let (timestamp, nonce) = (at.unix_seconds().to_string(), "a nonce of theirs");
    let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
    Headers::from([
        (keys::SERIAL, serial.to_owned()),
        (keys::TIMESTAMP, timestamp),
        (keys::NONCE, nonce.to_owned()),
        (keys::SIGNATURE, private_key(name).sign(&text).unwrap()),
    ])
}

/// The body of a notification with this content, encrypted.
fn envelope(event_type: &str, original_type: &str, content: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let nonce = "AbCdEf012345";
    let mut sealed = content.as_bytes().to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(unique, Aad::from(original_type), &mut sealed).unwrap();
    let resource = serde_json::json!({"original_type": original_type, "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": STANDARD.encode(sealed), "associated_data": original_type, "nonce": nonce});
    serde_json::json!({"id": "evt-1", "create_time": "2025-10-09T16:53:19+08:00", "event_type": event_type,
        "resource_type": "encrypt-resource", "resource": resource})
    .to_string()
}
