//! The merchant account at Alipay, built from the settings.

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

/// A merchant account with everything needed to call Alipay on its behalf.
#[derive(Debug)]
pub struct MerchantAccount {
    app_id: String,
    seller_id: String,
    seller_email: String,
    certificates: CertificateIds,
    pub(super) app_key: PrivateKey,
    pub(super) keyring: Keyring,
    pub(super) content_key: Option<ContentKey>,
    pub(super) subject: String,
    pub(super) url: String,
    pub(super) shop: Shop,
}

/// The certificate ids that our requests carry.
#[derive(Debug, Clone, Default)]
pub struct CertificateIds {
    /// The id of our own certificate.
    pub app: String,
    /// The id of Alipay's root certificates.
    pub roots: String,
}

/// The variable fields of a request to Alipay.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The name of the API method, for example `alipay.trade.query`.
    pub method: &'a str,
    /// The content: JSON, or its ciphertext.
    pub content: &'a str,
    /// The URL for notifications about the payment; empty for calls that do not start one.
    pub notify_url: &'a str,
    /// The URL to which Alipay returns the browser; empty if no browser is involved.
    pub return_url: &'a str,
}

impl MerchantAccount {
    /// Builds the account from the settings; `None` if they name none.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn new(settings: &config::Alipay, shop: &Shop) -> Result<Option<Self>, Error> {
        if !check::is_configured(settings)? {
            return Ok(None);
        }
        check::values(settings, shop)?;
        let app_key = PrivateKey::parse(&read_file("app_key", &settings.app_key)?);
        let app_key = app_key.map_err(|error| check::invalid("app_key", error))?;
        let has_certificates = check::has_certificates(settings)?;
        let (keyring, certificates) =
            if has_certificates { from_certificates(settings, &app_key)? } else { from_keys(settings)? };
        if keyring.all().any(|key| app_key.belongs_to(key)) {
            let setting = if has_certificates { "platform_certificate" } else { "platform_key" };
            return Err(check::invalid(setting, "is the merchant's own key, Alipay's is needed"));
        }
        let content_key = match settings.content_key.expose_secret() {
            "" => None,
            key => Some(ContentKey::parse(key).map_err(|error| check::invalid("content_key", error))?),
        };
        let account = Self {
            app_id: settings.app_id.clone(),
            seller_id: settings.seller_id.clone(),
            seller_email: settings.seller_email.clone(),
            certificates: CertificateIds::default(),
            app_key,
            keyring,
            content_key,
            subject: settings.subject.clone(),
            url: settings.url.clone(),
            shop: shop.clone(),
        };
        Ok(Some(account.with_certificates(certificates)))
    }

    /// Makes every request name these certificates; empty ids are left out.
    #[must_use]
    pub fn with_certificates(self, certificates: CertificateIds) -> Self {
        Self { certificates, ..self }
    }

    /// The fields of a request, in the order in which they are sent; `None` if `now` is out of the calendar's range.
    #[must_use]
    pub fn fields(&self, call: Call<'_>, now: Timestamp) -> Option<Vec<(&'static str, String)>> {
        let encryption = if self.content_key.is_some() { "AES" } else { "" };
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
            ("app_cert_sn", &self.certificates.app),
            ("alipay_root_cert_sn", &self.certificates.roots),
            ("encrypt_type", encryption),
            (sign::CONTENT, call.content),
        ];
        Some(fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }

    /// Compares the recipient of a notification with this account; returns the part that differs. `email` is compared
    /// only if there is no `seller_id`.
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

/// The keyring of an account that uses Alipay's public key without certificates.
fn from_keys(settings: &config::Alipay) -> Result<(Keyring, CertificateIds), Error> {
    let keyring = Keyring::parse(&read_file("platform_key", &settings.platform_key)?);
    Ok((keyring.map_err(|error| check::invalid("platform_key", error))?, CertificateIds::default()))
}

/// The keyring and the certificate ids of an account that uses certificates.
fn from_certificates(settings: &config::Alipay, app_key: &PrivateKey) -> Result<(Keyring, CertificateIds), Error> {
    let ours = read_certificates("app_certificate", &settings.app_certificate)?;
    let is_of_key = |certificate: &&Certificate| certificate.key.as_ref().is_some_and(|key| app_key.belongs_to(key));
    let Some(ours) = ours.iter().find(is_of_key) else {
        return Err(check::invalid("app_certificate", "is not the certificate of gateway.alipay.app_key"));
    };
    let mut keyring = Keyring::default();
    for theirs in read_certificates("platform_certificate", &settings.platform_certificate)? {
        let sn = sn::of(&theirs);
        let Some(key) = theirs.key else {
            return Err(check::invalid("platform_certificate", "must have RSA keys of at least 2048 bits"));
        };
        keyring = keyring.with(sn, key);
    }
    let roots = sn::of_roots(&read_certificates("root_certificate", &settings.root_certificate)?);
    if roots.is_empty() {
        return Err(check::invalid("root_certificate", "has no certificate signed with RSA"));
    }
    Ok((keyring, CertificateIds { app: sn::of(ours), roots }))
}

fn read_certificates(setting: &str, path: &Path) -> Result<Vec<Certificate>, Error> {
    certificate::read(&read_file(setting, path)?).map_err(|error| check::invalid(setting, error))
}

fn read_file(setting: &str, path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| check::invalid(setting, format!("{}: {error}", path.display())))
}
