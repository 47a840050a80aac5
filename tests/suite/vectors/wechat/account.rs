//! The account of a configuration, and the inputs of a vector.

use std::sync::Arc;

use serde_json::Value;
use tradepost::config;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::crypto::certificate;
use tradepost::gateway::crypto::key::{PrivateKey, PublicKey};
use tradepost::gateway::wechat::gateways;
use tradepost::gateway::wechat::keys::Keys;
use tradepost::gateway::{Gateway, Shop};

use crate::vectors::{File, text};

/// The gateway for the account of a configuration.
pub fn gateway(file: &File, config: &Value) -> Arc<dyn Gateway> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut settings = config::read("", Vec::new()).unwrap().gateway.wechat;
    settings.merchant_id = text(&config["mchid"]).to_owned();
    settings.app_id = text(&config["appid"]).to_owned();
    settings.merchant_key = write("merchant", text(&file.key("wx_merchant")["pkcs8_der_b64"])).into();
    settings.merchant_serial = "3775B6A45ACD588826D15E583A95F5DD00000001".to_owned();
    settings.api_v3_key = serde_json::from_value(config["apiv3_key"].clone()).unwrap();
    for (serial, name) in config["verify_keys"].as_object().unwrap() {
        let key = file.key(text(name));
        match key["pem"].as_str() {
            Some(pem) => settings.platform_certificates = write("certificates", pem).into(),
            None => {
                settings.platform_key_id.clone_from(serial);
                settings.platform_key = write("platform", text(&key["spki_der_b64"])).into();
            }
        }
    }
    let shop = Shop { public_url: "https://shop.example.com".to_owned(), clock: Clock::default() };
    let gateways = gateways(&settings, &shop).unwrap();
    gateways.into_iter().find(|gateway| gateway.name() == "wechat").unwrap()
}

/// The public keys with these names, by serial number.
pub fn keys(file: &File, named: &Value) -> Keys {
    let mut keys = Keys::default();
    for (serial, name) in named.as_object().unwrap() {
        let key = file.key(text(name));
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
pub fn private_key(file: &File, name: &Value) -> PrivateKey {
    PrivateKey::parse(text(&file.key(text(name))["pkcs8_der_b64"])).unwrap()
}

/// A header of a vector. The case of `name` does not matter.
pub fn header(input: &Value, name: &str) -> Option<String> {
    let headers = input["headers"].as_object().unwrap();
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| text(value).to_owned())
}

/// The time of a vector.
pub fn now(input: &Value) -> Timestamp {
    Timestamp(input["now"].as_i64().unwrap() * 1000)
}
