//! Calls Alipay's API: signs and sends the request, verifies the response and then parses it.

use awc::http::Method;
use serde::Serialize;

use super::account::{Call, MerchantAccount};
use super::answer::Envelope;
use super::sign::Signed;
use super::trade::{CallError, CallResult, Content};
use crate::gateway::Reject;
use crate::gateway::wire::{self, Request};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Alipay answers errors with this HTTP status too.
const OK: u16 = 200;

impl MerchantAccount {
    /// Calls `method` and parses the response.
    pub(super) async fn call(&self, method: &str, content: &impl Serialize, notify_url: &str) -> CallResult {
        let signed = self.sign(method, content, notify_url, "").await.map_err(CallError::Unknown)?;
        let url = format!("{}?{}", self.url, signed.query);
        let headers = vec![("content-type", FORM.to_owned())];
        let request = Request { method: Method::POST, url, headers, body: Some(signed.form) };
        let response = wire::exchange(request).await.map_err(CallError::Unknown)?;
        if response.status != OK {
            return Err(CallError::Unknown(format!("HTTP status {}", response.status)));
        }
        self.read(method, &response.body)
    }

    /// Verifies and parses the response to `method`.
    ///
    /// # Errors
    /// [`CallError`] unless the response is a signed success.
    pub fn read(&self, method: &str, body: &[u8]) -> CallResult {
        match self.verify(method, body) {
            Ok((text, is_signed)) => Content::read(method, &text, is_signed),
            Err(reject) => {
                tracing::warn!(method, reason = %reject, "refused a response of Alipay");
                Err(CallError::Unknown(reject.to_string()))
            }
        }
    }

    /// Verifies a response. Returns its text, decrypted if necessary, and whether it is signed.
    fn verify(&self, method: &str, body: &[u8]) -> Result<(String, bool), Reject> {
        let verified = Envelope::open(method, body)?.verify(&self.keyring)?;
        // Encrypted content is a JSON string, plain content a JSON object.
        let text = if verified.text.starts_with('"') {
            let encrypted: String = serde_json::from_str(&verified.text).map_err(|_| Reject::Unreadable)?;
            self.content_key.as_ref().ok_or(Reject::Algorithm)?.decrypt(&encrypted)?
        } else {
            verified.text.into_owned()
        };
        Ok((text, verified.is_signed))
    }

    /// Encrypts and signs a request. The signature is computed on a blocking thread.
    ///
    /// # Errors
    /// The reason for which the request cannot be built.
    pub(super) async fn sign(
        &self,
        method: &str,
        content: &impl Serialize,
        notify_url: &str,
        return_url: &str,
    ) -> Result<Signed, String> {
        let content = serde_json::to_string(content).map_err(|error| error.to_string())?;
        let content = match &self.content_key {
            Some(key) => key.encrypt(&content).map_err(|error| error.to_string())?,
            None => content,
        };
        let call = Call { method, content: &content, notify_url, return_url };
        let fields = self.fields(call, self.shop.clock.now()).ok_or("the current time is out of range")?;
        let key = self.app_key.clone();
        let signed = tokio::task::spawn_blocking(move || Signed::new(&fields, &key));
        let signed = signed.await.map_err(|_| "the signing task was cancelled")?;
        signed.map_err(|error| error.to_string())
    }
}
