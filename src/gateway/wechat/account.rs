//! The account at WeChat Pay, as the settings say it. What cannot be right is found when the server starts, not when
//! the first customer pays.

use aws_lc_rs::error::Unspecified;
use secrecy::ExposeSecret;

use super::aead;
use super::keys::Keys;
use super::setting::{self, is_given, read, wrong};
use super::sign::{Signer, Stamp, nonce};
use crate::config;
use crate::domain::Invalid;
use crate::domain::id::PayId;
use crate::gateway::Shop;
use crate::gateway::crypto::certificate;
use crate::gateway::crypto::key::{PrivateKey, PublicKey};

const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

/// What the shop and WeChat Pay have agreed on.
#[derive(Debug)]
pub struct MerchantAccount {
    /// The merchant's number.
    pub merchant_id: String,
    /// The application that is bound to the merchant.
    pub app_id: String,
    /// Signs requests.
    pub signer: Signer,
    /// Opens the content of notices.
    pub seal: aead::Key,
    /// Verify answers and notices.
    pub keys: Keys,
    /// The public key with which answers are to be signed; none: with a platform certificate.
    pub public_key_id: Option<String>,
    /// What a customer reads on the bill, before the number of the payment.
    pub subject: String,
    /// Where WeChat Pay is reached, and where else, without a slash at the end.
    pub urls: Vec<String>,
    /// This shop.
    pub shop: Shop,
    /// Makes what is different in every signature.
    pub nonce: fn() -> Result<String, Unspecified>,
}

impl MerchantAccount {
    /// The account the settings name, if they name one.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn open(settings: &config::Wechat, shop: &Shop) -> Result<Option<Self>, config::Error> {
        if settings.merchant_id.is_empty() {
            return setting::nothing_given(settings).map(|()| None);
        }
        setting::names_the_account(settings)?;
        setting::callbacks_arrive(shop)?;
        let key = read("merchant_key", &settings.merchant_key)?;
        let key = PrivateKey::parse(&key).map_err(|why| wrong("merchant_key", why))?;
        let seal = settings.api_v3_key.expose_secret().as_bytes();
        if seal.len() != 32 {
            return Err(wrong("api_v3_key", "must have exactly 32 bytes"));
        }
        let seal = aead::Key::new(seal).map_err(|why| wrong("api_v3_key", why))?;
        let mut keys = Keys::default();
        let public_key_id = public_key(settings, &key, &mut keys)?;
        certificates(settings, &key, &mut keys)?;
        if keys.is_empty() {
            return Err(wrong("platform_key", "must be set, or platform_certificates"));
        }
        let merchant_id = settings.merchant_id.clone();
        let serial = settings.merchant_serial.to_ascii_uppercase();
        Ok(Some(Self {
            signer: Signer { merchant_id: merchant_id.clone(), serial, key },
            merchant_id,
            app_id: settings.app_id.clone(),
            seal,
            keys,
            public_key_id,
            subject: settings.subject.clone(),
            urls: setting::urls(settings)?,
            shop: shop.clone(),
            nonce,
        }))
    }

    /// What a customer reads on the bill.
    #[must_use]
    pub fn description(&self, pay_id: PayId) -> String {
        format!("{} {pay_id}", self.subject)
    }

    /// A stamp for what is signed now.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn stamp(&self) -> Result<Stamp, Invalid> {
        let nonce = (self.nonce)().map_err(|_| Invalid("the system has no randomness"))?;
        Ok(Stamp::new(self.shop.clock.now(), nonce))
    }
}

/// Adds WeChat Pay's public key, if it is used, and tells its number.
fn public_key(
    settings: &config::Wechat,
    merchant: &PrivateKey,
    keys: &mut Keys,
) -> Result<Option<String>, config::Error> {
    let id = &settings.platform_key_id;
    if id.is_empty() && !is_given(&settings.platform_key) {
        return Ok(None);
    }
    let number = id.strip_prefix(PUBLIC_KEY_PREFIX).unwrap_or_default();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(wrong("platform_key_id", format!("must be {PUBLIC_KEY_PREFIX} and then letters and digits")));
    }
    let key = read("platform_key", &settings.platform_key)?;
    let key = PublicKey::parse(&key).map_err(|why| wrong("platform_key", why))?;
    if merchant.belongs_to(&key) {
        return Err(wrong("platform_key", "is the merchant's own public key, WeChat Pay's is needed"));
    }
    keys.insert(id, key);
    Ok(Some(id.clone()))
}

fn certificates(settings: &config::Wechat, merchant: &PrivateKey, keys: &mut Keys) -> Result<(), config::Error> {
    let name = "platform_certificates";
    if !is_given(&settings.platform_certificates) {
        return Ok(());
    }
    let pem = read(name, &settings.platform_certificates)?;
    for certificate in certificate::read(&pem).map_err(|why| wrong(name, why))? {
        let serial = &certificate.serial_hex;
        let Some(key) = certificate.key else {
            return Err(wrong(name, format!("{serial} has no RSA key of at least 2048 bits")));
        };
        if merchant.belongs_to(&key) {
            return Err(wrong(name, format!("{serial} is the merchant's own certificate, WeChat Pay's is needed")));
        }
        keys.insert(serial, key);
    }
    Ok(())
}
