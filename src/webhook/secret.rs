//! The secrets of endpoints, and signatures as Standard Webhooks wants them.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message::{ListSecrets, Reseal};
use crate::actor::task::ask;
use crate::actor::{OwnerAddr, Reply};
use crate::domain::id::WebhookId;
use crate::domain::sealing::{Purpose, Sealing};
use crate::user::User;

/// The start of a secret as it is shown.
const MARK: &str = "whsec_";
const BYTES: usize = 32;

/// Generates, encrypts and decrypts the secrets of endpoints.
pub struct Secrets {
    sealing: Sealing,
}

/// A new secret.
pub struct NewSecret {
    /// The secret as it is shown, once: `whsec_` and its bytes in base64.
    pub shown: String,
    /// The secret as it is stored.
    pub sealed: String,
}

impl Secrets {
    /// Encrypts with a key of `secret`, the secret of the sessions; `old_secret` is the one before, while it is being
    /// replaced.
    #[must_use]
    pub fn new(secret: &[u8], old_secret: Option<&[u8]>) -> Self {
        Self { sealing: Sealing::new(Purpose::Webhook, secret, old_secret) }
    }

    /// A random secret for an endpoint; `None` if the system provides no random bytes.
    #[must_use]
    pub fn generate(&self, webhook_id: WebhookId) -> Option<NewSecret> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).ok()?;
        let sealed = self.sealing.seal(webhook_id, &bytes)?;
        Some(NewSecret { shown: format!("{MARK}{}", STANDARD.encode(bytes)), sealed })
    }

    /// The value of `webhook-signature` for a message: a signature for each of the endpoint's secrets, separated by spaces.
    /// `None` if the first of them, the present one, cannot be decrypted.
    #[must_use]
    pub fn sign(&self, webhook_id: WebhookId, sealed: &[String], message: &Message<'_>) -> Option<String> {
        let mut keys = sealed.iter().map(|sealed| self.sealing.open(webhook_id, sealed));
        let present = keys.next()??;
        let keys = std::iter::once(present).chain(keys.flatten());
        Some(keys.map(|key| message.signature(&key)).collect::<Vec<_>>().join(" "))
    }

    /// Encrypts secrets again that were encrypted with the key before.
    ///
    /// # Errors
    /// User does not reply.
    pub async fn reseal_all(&self, owner: &OwnerAddr<User>) -> Reply<()> {
        for (webhook_id, old) in ask(owner, ListSecrets).await? {
            if let Some(new) = self.sealing.reseal(webhook_id, &old) {
                ask(owner, Reseal { webhook_id, old, new }).await?;
            }
        }
        Ok(())
    }
}

/// A message to sign.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id of the event.
    pub id: &'a str,
    /// The time of the attempt, in seconds since 1970.
    pub timestamp: i64,
    /// The body.
    pub body: &'a str,
}

impl Message<'_> {
    fn signature(&self, key: &[u8]) -> String {
        let Self { id, timestamp, body } = self;
        let signed = sign(&Key::new(HMAC_SHA256, key), format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(signed.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn a_message_is_signed_as_the_standard_shows_it() {
        // The example of the specification.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let message =
            Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: r#"{"test": 2432232314}"# };
        assert_eq!(message.signature(&key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_and_one_that_is_lost_does_not() {
        let secrets = Secrets::new(FIRST, None);
        let webhook_id = WebhookId::new(7);
        let [present, old] = [(), ()].map(|()| secrets.generate(webhook_id).unwrap());
        assert!(present.shown.starts_with("whsec_") && present.shown != old.shown && present.sealed.len() <= 128);
        let message = Message { id: "a", timestamp: 1, body: "{}" };
        let sign = |sealed: &[String]| secrets.sign(webhook_id, sealed, &message);
        let both = sign(&[present.sealed.clone(), old.sealed.clone()]).unwrap();
        let key = STANDARD.decode(present.shown.strip_prefix(MARK).unwrap()).unwrap();
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(both.split(' ').next(), Some(message.signature(&key).as_str()));
        assert_eq!(sign(&["lost".to_owned(), old.sealed]), None);
        assert_eq!(sign(&[present.sealed, "lost".to_owned()]).unwrap().split(' ').count(), 1);
    }
}
