//! Second factors of administrators: a code of an app besides the password.

pub mod change;
mod recovery;
mod sealing;
mod totp;

use aws_lc_rs::rand;

use self::sealing::Sealing;
use super::event::Event;
use crate::actor::task::ask;
use crate::actor::{Link, OwnerActor, Reply};
use crate::domain::id::UserId;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};
use crate::http::state::State;
use crate::user::User;
use crate::user::message::AccountState;
use crate::user::message::second_factor::{FindSecondFactor, ListSealedSecrets, Proof, Reseal, UseSecondFactor};

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
        Self { sealing: Sealing::new(secret, old_secret), is_required, issuer }
    }

    /// Whether an account must get a second factor before it has the rights of an administrator.
    #[must_use]
    pub fn is_missing(&self, role: Role, account: &AccountState) -> bool {
        self.is_required && role == Role::Admin && account.second_factor_time.is_none()
    }

    /// Encrypts secrets again that were encrypted with the key before.
    ///
    /// # Errors
    /// If User does not answer.
    pub async fn reseal_all(&self, owner: &Link<OwnerActor<User>>) -> Reply<()> {
        for (user_id, old) in ask(owner, ListSealedSecrets).await? {
            if let Some(new) = self.sealing.reseal(user_id, &old) {
                ask(owner, Reseal { user_id, old, new }).await?;
            }
        }
        Ok(())
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The code is right, or the account needs none.
    Passed,
    /// A code is needed and was not sent.
    Missing,
    /// The code is not right, or was used before.
    Wrong,
}

/// Checks the code of an account whose password was right, and uses it up.
///
/// # Errors
/// 503 if User does not answer.
pub async fn check(state: &State, account: &AccountState, code: Option<&OneTimeCode>) -> Result<Check, Problem> {
    let user_id = account.user_id;
    if account.second_factor_time.is_none() {
        return Ok(Check::Passed);
    }
    let proof = match code {
        None => return Ok(Check::Missing),
        Some(OneTimeCode::Recovery(code)) => Some(Proof::RecoveryCode(recovery::hash(code))),
        Some(OneTimeCode::App(code)) => find_step(state, user_id, code).await?.map(|(_, step)| Proof::Step(step)),
    };
    let Some(proof) = proof else { return Ok(Check::Wrong) };
    let is_recovery = matches!(proof, Proof::RecoveryCode(_));
    if !ask(&state.owners.user, UseSecondFactor { user_id, proof }).await? {
        return Ok(Check::Wrong);
    }
    if is_recovery {
        Event::RecoveryCodeUsed.log(Some(user_id), None);
    }
    Ok(Check::Passed)
}

/// The encrypted secret of a user, and the step whose code this is. `None` if there is no secret, or it has another code.
async fn find_step(state: &State, user_id: UserId, code: &str) -> Result<Option<(String, i64)>, Problem> {
    let Some(found) = ask(&state.owners.user, FindSecondFactor { user_id }).await? else { return Ok(None) };
    let Some(secret) = state.second_factors.sealing.open(user_id, &found.secret) else {
        tracing::error!(
            user = %user_id,
            "the secret of a second factor is encrypted with another session.secret: set session.old_secret to that one, \
             sign in with a recovery code, or run tradepost admin remove-second-factor"
        );
        return Ok(None);
    };
    Ok(totp::step_of(&secret, code, state.clock.now()).map(|step| (found.secret, step)))
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| {
        tracing::error!("the system provides no random bytes");
        Problem::new(Code::Internal)
    })?;
    Ok(bytes)
}
