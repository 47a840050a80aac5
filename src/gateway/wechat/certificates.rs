//! Fetches WeChat Pay's platform certificates, for a merchant that does not use WeChat Pay's public key. They are
//! encrypted with the APIv3 key, which is what makes the first ones trusted, and WeChat Pay replaces them before they
//! expire. They are fetched before the first call, every twelve hours, and when a message names one that is unknown.

use std::collections::HashMap;

use awc::http::Method;
use serde::Deserialize;

use super::account::MerchantAccount;
use super::keys::Keys;
use super::transport;
use crate::domain::clock::Timestamp;
use crate::gateway::crypto::certificate;
use crate::gateway::crypto::key::PublicKey;
use crate::gateway::wire::Response;

const TARGET: &str = "/v3/certificates";
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Fetches the certificates if it is time. A failure is logged, and the known ones stay valid.
pub async fn fetch_if_due(account: &MerchantAccount) {
    let now = account.shop.clock.now();
    let Some(schedule) = account.schedule.as_ref().filter(|schedule| schedule.claim(now)) else { return };
    match fetch(account, now).await {
        Ok(count) => {
            schedule.succeeded(now);
            tracing::info!(count, "fetched the certificates of WeChat Pay");
        }
        Err(why) => tracing::warn!(why, "cannot fetch the certificates of WeChat Pay; the next attempt is in a minute"),
    }
}

async fn fetch(account: &MerchantAccount, now: Timestamp) -> Result<usize, String> {
    let response = transport::exchange(account, Method::GET, TARGET, None).await.map_err(|error| error.to_string())?;
    if response.status != 200 {
        return Err(format!("HTTP status {}", response.status));
    }
    let fetched = read(account, &response, now)?;
    let count = fetched.len();
    account.keys.set_fetched(fetched);
    Ok(count)
}

#[derive(Deserialize)]
struct List {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    serial_no: String,
    expire_time: String,
    encrypt_certificate: Sealed,
}

#[derive(Deserialize)]
struct Sealed {
    algorithm: String,
    nonce: String,
    associated_data: Option<String>,
    ciphertext: String,
}

/// Decrypts the certificates of a response, and verifies its signature with one of them or with a known key.
fn read(account: &MerchantAccount, response: &Response, now: Timestamp) -> Result<HashMap<String, PublicKey>, String> {
    let List { data } = serde_json::from_slice(&response.body).map_err(|_| "the response is malformed")?;
    let mut fetched = HashMap::new();
    for item in data.iter().filter(|item| !has_expired(item, now)) {
        let (serial, key) = open(account, item)?;
        fetched.insert(serial, key);
    }
    if fetched.is_empty() {
        return Err("the response has no certificate that is valid".to_owned());
    }
    let header = |name: &str| response.header(name).map(str::to_owned);
    let all: Keys = account.keys.with(&fetched);
    all.verify(&header, &response.body, now).map_err(|reject| reject.to_string())?;
    Ok(fetched)
}

fn open(account: &MerchantAccount, item: &Item) -> Result<(String, PublicKey), String> {
    let Item { serial_no, encrypt_certificate: sealed, .. } = item;
    if sealed.algorithm != ALGORITHM {
        return Err("a certificate is encrypted with an unknown algorithm".to_owned());
    }
    let associated = sealed.associated_data.as_deref().unwrap_or_default();
    let pem = account.content_key.open(&sealed.nonce, associated, &sealed.ciphertext);
    let pem = pem.map_err(|_| "a certificate does not decrypt: see gateway.wechat.api_v3_key")?;
    let pem = String::from_utf8(pem).map_err(|_| "a certificate is malformed")?;
    let certificate = certificate::read(&pem).map_err(|why| why.to_string())?;
    let certificate = certificate.into_iter().find(|found| found.serial_hex.eq_ignore_ascii_case(serial_no));
    let key = certificate.and_then(|certificate| certificate.key);
    let key = key.ok_or("a certificate is not the one that the response names, or has no RSA key of 2048 bits")?;
    Ok((serial_no.clone(), key))
}

/// A time that cannot be read does not make a certificate invalid: it is WeChat Pay's own word.
fn has_expired(item: &Item, now: Timestamp) -> bool {
    let expires: Result<jiff::Timestamp, _> = item.expire_time.parse();
    expires.is_ok_and(|expires| expires.as_millisecond() <= now.0)
}
