//! The merchant account at WeChat Pay, built from the settings. Invalid settings make the start fail instead of the
//! first payment.

use aws_lc_rs::error::Unspecified;
use secrecy::ExposeSecret;

use super::aead;
use super::keys::Keys;
use super::schedule::Schedule;
use super::setting::{self, invalid, is_given, read_file};
use super::sign::{Signer, Stamp, nonce};
use crate::config;
use crate::domain::Invalid;
use crate::domain::id::PayId;
use crate::gateway::Shop;
use crate::gateway::crypto::certificate;
use crate::gateway::crypto::key::{PrivateKey, PublicKey};

const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

/// A merchant account with everything needed to call WeChat Pay and to verify its messages.
#[derive(Debug)]
pub struct MerchantAccount {
    /// The merchant's id (`mchid`).
    pub merchant_id: String,
    /// The id of the application that is bound to the merchant (`appid`).
    pub app_id: String,
    /// Signs requests.
    pub signer: Signer,
    /// Decrypts the content of notifications: the APIv3 key.
    pub content_key: aead::Key,
    /// The keys that verify responses and notifications.
    pub keys: Keys,
    /// The schedule of fetching the platform certificates; `None` if the public key of WeChat Pay is used.
    pub schedule: Option<Schedule>,
    /// The id of the public key that WeChat Pay should sign responses with; `None` if it signs with a platform
    /// certificate.
    pub public_key_id: Option<String>,
    /// The kind of pages that offer H5 payments; `None` if they are not offered.
    pub h5_type: Option<&'static str>,
    /// The first part of the text that the customer sees on the bill. The payment's id follows it.
    pub subject: String,
    /// The base URLs of WeChat Pay, without a trailing slash, in the order in which they are tried.
    pub urls: Vec<String>,
    /// Properties of this shop.
    pub shop: Shop,
    /// Generates the nonce of a signature.
    pub nonce: fn() -> Result<String, Unspecified>,
}

impl MerchantAccount {
    /// Builds the account from the settings; `None` if they name none.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn open(settings: &config::Wechat, shop: &Shop) -> Result<Option<Self>, config::Error> {
        if settings.merchant_id.is_empty() {
            return setting::check_unset(settings).map(|()| None);
        }
        setting::check_identifiers(settings)?;
        setting::check_callback_urls(shop)?;
        let key = read_file("merchant_key", &settings.merchant_key)?;
        let key = PrivateKey::parse(&key).map_err(|why| invalid("merchant_key", why))?;
        let api_v3_key = settings.api_v3_key.expose_secret().as_bytes();
        if api_v3_key.len() != 32 {
            return Err(invalid("api_v3_key", "must have exactly 32 bytes"));
        }
        let content_key = aead::Key::new(api_v3_key).map_err(|why| invalid("api_v3_key", why))?;
        let mut keys = Keys::default();
        let public_key_id = add_public_key(settings, &key, &mut keys)?;
        add_certificates(settings, &key, &mut keys)?;
        let merchant_id = settings.merchant_id.clone();
        let serial = settings.merchant_serial.to_ascii_uppercase();
        Ok(Some(Self {
            signer: Signer { merchant_id: merchant_id.clone(), serial, key },
            merchant_id,
            app_id: settings.app_id.clone(),
            content_key,
            keys,
            schedule: public_key_id.is_none().then(Schedule::default),
            public_key_id,
            h5_type: settings.h5_type.get(),
            subject: settings.subject.clone(),
            urls: setting::urls(settings)?,
            shop: shop.clone(),
            nonce,
        }))
    }

    /// The text that the customer sees on the bill.
    #[must_use]
    pub fn description(&self, pay_id: PayId) -> String {
        format!("{} {pay_id}", self.subject)
    }

    /// Creates the timestamp and nonce for a signature made now.
    ///
    /// # Errors
    /// If the operating system provides no random bytes.
    pub fn stamp(&self) -> Result<Stamp, Invalid> {
        let nonce = (self.nonce)().map_err(|_| Invalid("the system provides no random bytes"))?;
        Ok(Stamp::new(self.shop.clock.now(), nonce))
    }
}

/// Adds WeChat Pay's public key to `keys` if the settings name one; returns its id.
fn add_public_key(
    settings: &config::Wechat,
    merchant: &PrivateKey,
    keys: &mut Keys,
) -> Result<Option<String>, config::Error> {
    let id = &settings.platform_key_id;
    if id.is_empty() && !is_given(&settings.platform_key) {
        return Ok(None);
    }
    let suffix = id.strip_prefix(PUBLIC_KEY_PREFIX).unwrap_or_default();
    if suffix.is_empty() || !suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(invalid("platform_key_id", format!("must be {PUBLIC_KEY_PREFIX} followed by letters and digits")));
    }
    let key = read_file("platform_key", &settings.platform_key)?;
    let key = PublicKey::parse(&key).map_err(|why| invalid("platform_key", why))?;
    if merchant.belongs_to(&key) {
        return Err(invalid("platform_key", "is the merchant's own public key, WeChat Pay's is needed"));
    }
    keys.insert(id, key);
    Ok(Some(id.clone()))
}

/// Adds the keys of WeChat Pay's platform certificates to `keys` if the settings name a file of them.
fn add_certificates(settings: &config::Wechat, merchant: &PrivateKey, keys: &mut Keys) -> Result<(), config::Error> {
    let name = "platform_certificates";
    if !is_given(&settings.platform_certificates) {
        return Ok(());
    }
    let pem = read_file(name, &settings.platform_certificates)?;
    for certificate in certificate::read(&pem).map_err(|why| invalid(name, why))? {
        let serial = &certificate.serial_hex;
        let Some(key) = certificate.key else {
            return Err(invalid(name, format!("{serial} has no RSA key of at least 2048 bits")));
        };
        if merchant.belongs_to(&key) {
            return Err(invalid(name, format!("{serial} is the merchant's own certificate, WeChat Pay's is needed")));
        }
        keys.insert(serial, key);
    }
    Ok(())
}
