//! Checks the one-time code of a sign-in.

use super::recovery;
use crate::actor::task::ask;
use crate::domain::id::UserId;
use crate::domain::one_time_code::OneTimeCode;
use crate::http::problem::{FieldError, Problem, field_code};
use crate::http::security::event::Event;
use crate::http::state::State;
use crate::user::message::AccountState;
use crate::user::message::second_factor::{FindSecondFactor, Proof, SealedSecret, UseSecondFactor};

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
///
/// # Errors
/// 503 if User does not answer.
pub async fn find_step(state: &State, user_id: UserId, code: &str) -> Result<Option<(SealedSecret, i64)>, Problem> {
    let Some(found) = ask(&state.owners.user, FindSecondFactor { user_id }).await? else { return Ok(None) };
    let Some(step) = state.second_factors.step_of(user_id, &found.secret, code, state.clock.now()) else {
        tracing::error!(
            user = %user_id,
            "the secret of a second factor is encrypted with another session.secret: set session.old_secret to that one, \
             sign in with a recovery code, or run tradepost admin remove-second-factor"
        );
        return Ok(None);
    };
    Ok(step.map(|step| (found.secret, step)))
}

/// Whether a sign-in was refused only because the one-time code is wrong.
#[must_use]
pub fn is_wrong_code(problem: &Problem) -> bool {
    problem.errors().iter().any(|error| error.code == field_code::WRONG_ONE_TIME_CODE)
}

/// The error of a wrong code.
#[must_use]
pub fn code_error() -> FieldError {
    FieldError::new("one_time_code", field_code::WRONG_ONE_TIME_CODE, "is not a code that is valid now and unused")
}
