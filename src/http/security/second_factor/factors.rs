//! The settings of second factors, and their secrets.

use aws_lc_rs::rand;

use super::totp::{self, SECRET_BYTES};
use crate::actor::task::ask;
use crate::actor::{OwnerAddr, Reply};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::domain::sealing::{Purpose, Sealing};
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};
use crate::user::User;
use crate::user::message::AccountState;
use crate::user::message::second_factor::{ListSealedSecrets, Reseal, SealedSecret};

/// The name of the shop in apps, if its address is not set.
const ISSUER: &str = "Tradepost";

/// The settings of second factors, and the key of their secrets.
pub struct SecondFactors {
    sealing: Sealing,
    /// Whether administrators must have one: `admin.second_factor`.
    is_required: bool,
    /// The name of the shop in apps.
    issuer: String,
}

impl SecondFactors {
    /// Encrypts with a key of `secret`, the secret of the sessions; `old_secret` is the one before, while it is being
    /// replaced. `public_url` is the address of the shop; may be empty.
    #[must_use]
    pub fn new(secret: &[u8], old_secret: Option<&[u8]>, is_required: bool, public_url: &str) -> Self {
        let host = public_url.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
        let issuer = if host.is_empty() { ISSUER } else { host }.to_owned();
        Self { sealing: Sealing::new(Purpose::SecondFactor, secret, old_secret), is_required, issuer }
    }

    /// Whether an account must get a second factor before it has the rights of an administrator.
    #[must_use]
    pub fn is_missing(&self, role: Role, account: &AccountState) -> bool {
        self.is_required && role == Role::Admin && account.second_factor_time.is_none()
    }

    /// A new secret for a user, encrypted and for the app: in base32, and as an address.
    ///
    /// # Errors
    /// 500 if the system provides no random bytes.
    pub fn new_secret(&self, user_id: UserId, user_name: &str) -> Result<(SealedSecret, String, String), Problem> {
        let secret: [u8; SECRET_BYTES] = random()?;
        let sealed = self.sealing.seal(user_id, &secret).ok_or_else(|| Problem::new(Code::Internal))?;
        Ok((sealed, totp::base32(&secret), totp::uri(&secret, &self.issuer, user_name)))
    }

    /// The step whose code this is, or `None` inside if it is the code of none; `None` if the secret cannot be decrypted.
    #[must_use]
    pub fn step_of(&self, user_id: UserId, sealed: &str, code: &str, now: Timestamp) -> Option<Option<i64>> {
        let secret = self.sealing.open(user_id, sealed)?;
        Some(totp::step_of(&secret, code, now))
    }

    /// Encrypts secrets again that were encrypted with the key before.
    ///
    /// # Errors
    /// If User does not answer.
    pub async fn reseal_all(&self, owner: &OwnerAddr<User>) -> Reply<()> {
        for (user_id, old) in ask(owner, ListSealedSecrets).await? {
            if let Some(new) = self.sealing.reseal(user_id, &old) {
                ask(owner, Reseal { user_id, old, new }).await?;
            }
        }
        Ok(())
    }
}

/// Random bytes for a secret.
///
/// # Errors
/// 500 if the system provides none.
pub fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| {
        tracing::error!("the system provides no random bytes");
        Problem::new(Code::Internal)
    })?;
    Ok(bytes)
}
