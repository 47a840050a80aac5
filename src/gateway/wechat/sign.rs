//! Signs requests and the JSAPI parameters of a payment. In the signed texts every line ends with a line feed,
//! including the last one.

use aws_lc_rs::error::Unspecified;

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::gateway::checkout::JsapiParams;
use crate::gateway::crypto::key::PrivateKey;

/// The timestamp and the nonce of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The time of the signature, in seconds since 1970-01-01 UTC.
    pub timestamp: String,
    /// A random text of letters and digits, different in every signature.
    pub nonce: String,
}

impl Stamp {
    /// Creates a stamp with the time `at`.
    #[must_use]
    pub fn new(at: Timestamp, nonce: String) -> Self {
        Self { timestamp: at.unix_seconds().to_string(), nonce }
    }
}

/// Generates a cryptographically random nonce: 32 upper-case hexadecimal digits.
///
/// # Errors
/// If the operating system provides no random bytes.
pub fn nonce() -> Result<String, Unspecified> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(hex::encode_upper(bytes))
}

/// The text to sign for a request. `target` is the percent-encoded path and query as sent; `body` is the body as sent,
/// or empty.
#[must_use]
pub fn request(method: &str, target: &str, stamp: &Stamp, body: &str) -> String {
    format!("{method}\n{target}\n{}\n{}\n{body}\n", stamp.timestamp, stamp.nonce)
}

/// The text to sign for starting a payment on a page inside WeChat or in an app. `package` is `prepay_id=` and the
/// prepay id for a page, and the prepay id alone for an app.
#[must_use]
pub fn payment(app_id: &str, stamp: &Stamp, package: &str) -> String {
    format!("{app_id}\n{}\n{}\n{package}\n", stamp.timestamp, stamp.nonce)
}

/// Signs in the name of the merchant.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The merchant's id (`mchid`).
    pub merchant_id: String,
    /// The serial number of the merchant's certificate, in upper-case hex.
    pub serial: String,
    /// The merchant's private key.
    pub key: PrivateKey,
}

impl Signer {
    /// Signs `text` on a blocking thread; returns the signature in base64.
    ///
    /// # Errors
    /// If the memory allocation fails or the signing task is cancelled.
    pub async fn sign(&self, text: String) -> Result<String, Invalid> {
        let key = self.key.clone();
        let signed = tokio::task::spawn_blocking(move || key.sign(text.as_bytes())).await;
        signed.unwrap_or(Err(Invalid("the signing task was cancelled")))
    }

    /// The value of the `Authorization` header for a request with this signature.
    #[must_use]
    pub fn authorization(&self, stamp: &Stamp, signature: &str) -> String {
        let Self { merchant_id, serial, .. } = self;
        let Stamp { timestamp, nonce } = stamp;
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{merchant_id}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",\
             serial_no=\"{serial}\",signature=\"{signature}\""
        )
    }

    /// Signs the parameters with which a page inside WeChat starts the payment `prepay_id`.
    ///
    /// # Errors
    /// The errors of [`sign`](Self::sign).
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
    fn nonces_differ_and_have_letters_and_digits_only() {
        let (one, two) = (nonce().unwrap(), nonce().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
