//! A stand-in for WeChat Pay (API v3).

mod acts;
mod answer;
mod authorization;
pub mod bill;
mod front;
mod funds;
mod notice;
mod operation;
mod request;
mod transaction;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tradepost::domain::clock::Timestamp;

use super::bill::Bills;
use super::china::day;
use super::engine::lock;
use super::key::{Key, VECTORS};
use super::standin::Standin;

pub use notice::{Wrong, encrypt};

/// Serial number of the certificate of the merchant's key, as in the vectors.
const MERCHANT_SERIAL: &str = "3775B6A45ACD588826D15E583A95F5DD00000001";

/// A running stand-in for WeChat Pay.
pub type Wechat = Standin<Front>;

/// The merchant's account at WeChat Pay.
pub struct Account {
    pub mchid: String,
    pub appid: String,
    pub serial: &'static str,
    pub merchant: Key,
    pub api_v3_key: [u8; 32],
    /// The platform's own keys by serial number: the public key, and the key with a certificate.
    pub keys: [(String, Key); 2],
}

impl Account {
    /// The platform's key with this serial number.
    pub fn key(&self, serial: &str) -> Option<Signer<'_>> {
        self.keys.iter().find(|(known, _)| known == serial).map(|(serial, key)| Signer { serial, key })
    }
}

/// A key with its serial number.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub serial: &'a str,
    pub key: &'a Key,
}

/// The platform's signing key if the shop does not name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignsWith {
    PublicKey,
    Certificate,
    /// Each key in turn, as during the merchant's migration to the public key.
    Both,
}

/// The parts of the stand-in that are specific to WeChat Pay.
pub struct Front {
    account: Account,
    signs_with: Mutex<SignsWith>,
    nonces: Mutex<HashSet<String>>,
    answers: AtomicUsize,
    notices: AtomicUsize,
    bills: Bills,
}

impl Front {
    fn new(signs_with: SignsWith) -> Self {
        let config = &VECTORS["configs"]["wx_default"];
        let text = |name: &str| config[name].as_str().unwrap().to_owned();
        let serials = config["verify_keys"].as_object().unwrap();
        let serial = |of: &str| serials.iter().find(|(_, key)| *key == of).unwrap().0.clone();
        let account = Account {
            mchid: text("mchid"),
            appid: text("appid"),
            serial: MERCHANT_SERIAL,
            merchant: Key::named("wx_merchant"),
            api_v3_key: text("apiv3_key").as_bytes().try_into().unwrap(),
            keys: [
                (serial("wx_platform_pubkey"), Key::named("wx_platform_pubkey")),
                (serial("wx_platform_cert"), Key::named("wx_platform_certkey")),
            ],
        };
        let (answers, notices) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self {
            account,
            signs_with: Mutex::new(signs_with),
            nonces: Mutex::default(),
            answers,
            notices,
            bills: Bills::default(),
        }
    }

    /// The key that signs the next notice.
    fn signer(&self) -> Signer<'_> {
        let index = match *lock(&self.signs_with) {
            SignsWith::PublicKey => 0,
            SignsWith::Certificate => 1,
            SignsWith::Both => self.notices.fetch_add(1, Ordering::Relaxed) % 2,
        };
        let (serial, key) = &self.account.keys[index];
        Signer { serial, key }
    }
}

/// WeChat Pay's number of its `n`th payment.
fn number(n: u64, now: Timestamp) -> String {
    format!("4200000001{}{n:010}", day(now))
}
