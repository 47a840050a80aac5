//! What we sign: requests, and what a page inside WeChat hands over. Each line of a signed text ends with a line feed,
//! the last one too.

use aws_lc_rs::error::Unspecified;

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::gateway::checkout::JsapiParams;
use crate::gateway::crypto::key::PrivateKey;

/// When something is signed, and what is different in every signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// In seconds since 1970.
    pub timestamp: String,
    /// Letters and digits.
    pub nonce: String,
}

impl Stamp {
    /// A stamp of this moment.
    #[must_use]
    pub fn new(at: Timestamp, nonce: String) -> Self {
        Self { timestamp: at.unix_seconds().to_string(), nonce }
    }
}

/// A nonce that nobody can guess: 32 upper-case hexadecimal digits.
///
/// # Errors
/// Where the system has no randomness.
pub fn nonce() -> Result<String, Unspecified> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(hex::encode_upper(bytes))
}

/// The text of a request that is signed. `target` is path and query as they are sent, percent-encoded; `body` the same
/// text that is sent, empty where there is none.
#[must_use]
pub fn request(method: &str, target: &str, stamp: &Stamp, body: &str) -> String {
    format!("{method}\n{target}\n{}\n{}\n{body}\n", stamp.timestamp, stamp.nonce)
}

/// The text that is signed for a page inside WeChat, or for an app. `package` is `prepay_id=` and the number of the
/// prepared payment for a page, and the number alone for an app.
#[must_use]
pub fn payment(app_id: &str, stamp: &Stamp, package: &str) -> String {
    format!("{app_id}\n{}\n{}\n{package}\n", stamp.timestamp, stamp.nonce)
}

/// Who signs: the merchant.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The merchant's number.
    pub merchant_id: String,
    /// The serial number of the merchant's certificate, in upper-case hex.
    pub serial: String,
    /// Its private key.
    pub key: PrivateKey,
}

impl Signer {
    /// The signature of `text`, in base64, made on a thread that may be busy for a millisecond.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub async fn sign(&self, text: String) -> Result<String, Invalid> {
        let key = self.key.clone();
        let signed = tokio::task::spawn_blocking(move || key.sign(text.as_bytes())).await;
        signed.unwrap_or(Err(Invalid("the thread that signs has ended")))
    }

    /// The value of `Authorization` for a request whose text has this signature.
    #[must_use]
    pub fn authorization(&self, stamp: &Stamp, signature: &str) -> String {
        let Self { merchant_id, serial, .. } = self;
        let Stamp { timestamp, nonce } = stamp;
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{merchant_id}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",\
             serial_no=\"{serial}\",signature=\"{signature}\""
        )
    }

    /// What a page inside WeChat hands over to have a prepared payment paid.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub async fn params(&self, app_id: &str, stamp: Stamp, prepay_id: &str) -> Result<JsapiParams, Invalid> {
        let package = format!("prepay_id={prepay_id}");
        let pay_sign = self.sign(payment(app_id, &stamp, &package)).await?;
        Ok(JsapiParams {
            app_id: app_id.to_owned(),
            time_stamp: stamp.timestamp,
            nonce_str: stamp.nonce,
            package,
            sign_type: "RSA".to_owned(),
            pay_sign,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_differ_and_are_letters_and_digits() {
        let (one, two) = (nonce().unwrap(), nonce().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
