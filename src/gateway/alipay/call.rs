//! Asks Alipay: signs, sends, verifies, and only then reads.

use awc::http::Method;
use serde::Serialize;

use super::account::{Call, MerchantAccount};
use super::answer::Envelope;
use super::sign::Signed;
use super::trade::{Answer, CallError, Content};
use crate::gateway::Reject;
use crate::gateway::wire::{self, Request};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Also errors come with it.
const OK: u16 = 200;

impl MerchantAccount {
    /// Asks, and reads the answer.
    pub(super) async fn ask(&self, method: &str, content: &impl Serialize, notify_url: &str) -> Answer {
        let signed = self.signed(method, content, notify_url, "").await.map_err(CallError::Unknown)?;
        let url = format!("{}?{}", self.url, signed.query);
        let headers = vec![("content-type", FORM.to_owned())];
        let request = Request { method: Method::POST, url, headers, body: Some(signed.form) };
        let answer = wire::exchange(request).await.map_err(CallError::Unknown)?;
        if answer.status != OK {
            return Err(CallError::Unknown(format!("HTTP status {}", answer.status)));
        }
        self.read(method, &answer.body)
    }

    /// Reads the answer to `method`.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn read(&self, method: &str, body: &[u8]) -> Answer {
        match self.verified(method, body) {
            Ok((text, is_signed)) => Content::read(method, &text, is_signed),
            Err(reject) => {
                tracing::warn!(method, reason = %reject, "an answer of Alipay's is not believed");
                Err(CallError::Unknown(reject.to_string()))
            }
        }
    }

    /// The text of an answer, decrypted where it is encrypted, and whether it has a signature.
    fn verified(&self, method: &str, body: &[u8]) -> Result<(String, bool), Reject> {
        let answer = Envelope::open(method, body)?.verify(&self.keyring)?;
        let text = if answer.text.starts_with('"') {
            let encrypted: String = serde_json::from_str(&answer.text).map_err(|_| Reject::Unreadable)?;
            self.content_key.as_ref().ok_or(Reject::Algorithm)?.decrypt(&encrypted)?
        } else {
            answer.text.into_owned()
        };
        Ok((text, answer.is_signed))
    }

    /// A request as it is sent. It is signed on a thread that may wait.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn signed(
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
        let fields = self.fields(call, self.shop.clock.now()).ok_or("there is no such time")?;
        let key = self.app_key.clone();
        let signed = tokio::task::spawn_blocking(move || Signed::new(&fields, &key));
        let signed = signed.await.map_err(|_| "the signing was given up")?;
        signed.map_err(|error| error.to_string())
    }
}
