//! The account of a configuration, and the inputs that several kinds of vectors share.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use tradepost::config;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::crypto::certificate;
use tradepost::gateway::crypto::key::{PrivateKey, PublicKey};
use tradepost::gateway::ticket::PayPages;
use tradepost::gateway::wechat::gateways;
use tradepost::gateway::wechat::keys::Keys;
use tradepost::gateway::{Gateway, Shop};

use crate::vectors::{File, Orders, text};

/// The configuration of a notice or a response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    mchid: String,
    appid: String,
    pub apiv3_key: String,
    pub verify_keys: BTreeMap<String, String>,
    #[serde(default)]
    pub orders: Orders,
}

/// The headers of a notice or a response.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Headers(BTreeMap<String, String>);

impl Headers {
    /// A header. The case of `name` does not matter.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }
}

/// The gateway for the account of a configuration; the error is that of the setting that is refused.
pub fn gateway(file: &File, config: &Config) -> Result<Arc<dyn Gateway>, config::Error> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut settings = config::read("", Vec::new()).unwrap().gateway.wechat;
    settings.merchant_id.clone_from(&config.mchid);
    settings.app_id.clone_from(&config.appid);
    settings.merchant_key = write("merchant", text(&file.key("wx_merchant")["pkcs8_der_b64"])).into();
    settings.merchant_serial = "3775B6A45ACD588826D15E583A95F5DD00000001".to_owned();
    settings.api_v3_key = serde_json::from_value(config.apiv3_key.clone().into()).unwrap();
    let mut certificates = String::new();
    for (serial, name) in &config.verify_keys {
        let key = file.key(name);
        match key["pem"].as_str() {
            Some(pem) => certificates.push_str(pem),
            None => {
                settings.platform_key_id.clone_from(serial);
                settings.platform_key = write("platform", text(&key["spki_der_b64"])).into();
            }
        }
    }
    if !certificates.is_empty() {
        settings.platform_certificates = write("certificates", &certificates).into();
    }
    let shop = Shop {
        public_url: "https://shop.example.com".to_owned(),
        clock: Clock::default(),
        pay_pages: PayPages::new(b"a secret", None),
    };
    let found = gateways(&settings, &shop)?.into_iter().find(|gateway| gateway.name() == "wechat");
    Ok(found.unwrap())
}

/// The public keys with these names, by serial number.
pub fn keys(file: &File, named: &BTreeMap<String, String>) -> Keys {
    let mut keys = Keys::default();
    for (serial, name) in named {
        let key = file.key(name);
        let key = match key["pem"].as_str() {
            Some(pem) => {
                let certificate = certificate::read(pem).unwrap().remove(0);
                assert!(certificate.serial_hex == *serial, "{serial} is {}", certificate.serial_hex);
                certificate.key.unwrap()
            }
            None => PublicKey::parse(text(&key["spki_der_b64"])).unwrap(),
        };
        keys.insert(serial, key);
    }
    keys
}

/// The private key with this name.
pub fn private_key(file: &File, name: &str) -> PrivateKey {
    PrivateKey::parse(text(&file.key(name)["pkcs8_der_b64"])).unwrap()
}

/// The time of a vector, given in seconds.
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}
