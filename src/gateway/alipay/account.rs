//! The account at Alipay, as the settings name it.

use std::path::Path;

use super::check;
use super::content::ContentKey;
use super::keyring::Keyring;
use super::{sign, sn, time};
use crate::config::{self, Error};
use crate::domain::clock::Timestamp;
use crate::gateway::crypto::certificate::{self, Certificate};
use crate::gateway::crypto::key::PrivateKey;
use crate::gateway::{Shop, WrongRecipient};
use secrecy::ExposeSecret;

/// An account, and all that is needed to speak with Alipay in its name.
#[derive(Debug)]
pub struct MerchantAccount {
    app_id: String,
    seller_id: String,
    seller_email: String,
    certificates: Option<Certificates>,
    pub(super) app_key: PrivateKey,
    pub(super) keyring: Keyring,
    pub(super) content_key: Option<ContentKey>,
    pub(super) subject: String,
    pub(super) url: String,
    pub(super) shop: Shop,
}

/// The numbers of the certificates we name.
#[derive(Debug)]
struct Certificates {
    app: String,
    roots: String,
}

/// What is asked of Alipay.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// By its name: `alipay.trade.query`.
    pub method: &'a str,
    /// What is asked: JSON, or its encryption.
    pub content: &'a str,
    /// Where it is to tell what becomes of a payment; empty where nothing begins.
    pub notify_url: &'a str,
    /// Where it is to send the customer back to; empty where there is no browser.
    pub return_url: &'a str,
}

impl MerchantAccount {
    /// The account of the settings; none where they name none.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn new(settings: &config::Alipay, shop: &Shop) -> Result<Option<Self>, Error> {
        if !check::is_on(settings)? {
            return Ok(None);
        }
        check::shapes(settings, shop)?;
        let app_key = PrivateKey::parse(&file("app_key", &settings.app_key)?);
        let app_key = app_key.map_err(|error| check::wrong("app_key", error))?;
        let has_certificates = check::has_certificates(settings)?;
        let (keyring, certificates) = if has_certificates { certified(settings, &app_key)? } else { bare(settings)? };
        if keyring.all().any(|key| app_key.belongs_to(key)) {
            let setting = if has_certificates { "platform_certificate" } else { "platform_key" };
            return Err(check::wrong(setting, "is our own, Alipay's is needed"));
        }
        let content_key = match settings.content_key.expose_secret() {
            "" => None,
            key => Some(ContentKey::parse(key).map_err(|error| check::wrong("content_key", error))?),
        };
        Ok(Some(Self {
            app_id: settings.app_id.clone(),
            seller_id: settings.seller_id.clone(),
            seller_email: settings.seller_email.clone(),
            certificates,
            app_key,
            keyring,
            content_key,
            subject: settings.subject.clone(),
            url: settings.url.clone(),
            shop: shop.clone(),
        }))
    }

    /// The fields of a request, in the order they are sent; none where there is no such time.
    #[must_use]
    pub fn fields(&self, call: Call<'_>, now: Timestamp) -> Option<Vec<(&'static str, String)>> {
        let encryption = if self.content_key.is_some() { "AES" } else { "" };
        let (app, roots) = self.certificates.as_ref().map_or(("", ""), |both| (&both.app, &both.roots));
        let timestamp = time::write(now)?;
        let fields = [
            ("app_id", self.app_id.as_str()),
            ("method", call.method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &timestamp),
            ("version", "1.0"),
            ("notify_url", call.notify_url),
            ("return_url", call.return_url),
            ("app_cert_sn", app),
            ("alipay_root_cert_sn", roots),
            ("encrypt_type", encryption),
            (sign::CONTENT, call.content),
        ];
        Some(fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }

    /// Whose a notice is that names these, where that is not us. The address is looked at where there is no number.
    #[must_use]
    pub fn wrong_recipient(
        &self,
        app_id: Option<&str>,
        seller_id: Option<&str>,
        email: Option<&str>,
    ) -> Option<WrongRecipient> {
        let is_ours = match (seller_id, email) {
            (Some(seller_id), _) => seller_id == self.seller_id,
            (None, Some(email)) => !self.seller_email.is_empty() && email == self.seller_email,
            (None, None) => false,
        };
        match (app_id == Some(&self.app_id), is_ours) {
            (false, _) => Some(WrongRecipient::App),
            (true, false) => Some(WrongRecipient::Seller),
            (true, true) => None,
        }
    }
}

fn bare(settings: &config::Alipay) -> Result<(Keyring, Option<Certificates>), Error> {
    let keyring = Keyring::parse(&file("platform_key", &settings.platform_key)?);
    Ok((keyring.map_err(|error| check::wrong("platform_key", error))?, None))
}

fn certified(settings: &config::Alipay, app_key: &PrivateKey) -> Result<(Keyring, Option<Certificates>), Error> {
    let ours = certificates("app_certificate", &settings.app_certificate)?;
    let is_of_key = |certificate: &&Certificate| certificate.key.as_ref().is_some_and(|key| app_key.belongs_to(key));
    let Some(ours) = ours.iter().find(is_of_key) else {
        return Err(check::wrong("app_certificate", "is not the certificate of gateway.alipay.app_key"));
    };
    let mut keyring = Keyring::default();
    for theirs in certificates("platform_certificate", &settings.platform_certificate)? {
        let sn = sn::of(&theirs);
        let Some(key) = theirs.key else {
            return Err(check::wrong("platform_certificate", "must be of RSA keys of at least 2048 bits"));
        };
        keyring = keyring.with(sn, key);
    }
    let roots = sn::of_roots(&certificates("root_certificate", &settings.root_certificate)?);
    if roots.is_empty() {
        return Err(check::wrong("root_certificate", "has no certificate that is signed with RSA"));
    }
    Ok((keyring, Some(Certificates { app: sn::of(ours), roots })))
}

fn certificates(setting: &str, path: &Path) -> Result<Vec<Certificate>, Error> {
    certificate::read(&file(setting, path)?).map_err(|error| check::wrong(setting, error))
}

fn file(setting: &str, path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| check::wrong(setting, format!("{}: {error}", path.display())))
}
