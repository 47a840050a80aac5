//! Adds and removes the second factor of an administrator. The API and the console use the same functions.

use std::net::IpAddr;

use super::check::{code_error, find_step, is_wrong_code};
use super::recovery;
use crate::actor::task::ask;
use crate::domain::id::UserId;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::text::{Password, UserName};
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::security::event::Event;
use crate::http::security::sign_in::{self, begin};
use crate::http::security::token::Caller;
use crate::http::state::State;
use crate::journal::Request;
use crate::user::message::second_factor::{BeginSecondFactor, ConfirmSecondFactor};
use crate::user::message::session::{AccountChange, ChangeAccount, FindState};
use crate::user::message::{AccountState, Find};

/// A secret for an app. It is shown once, and does nothing before it is confirmed.
pub struct Enrolment {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// The same as an address, for a QR code.
    pub uri: String,
}

/// A session that begins with a change of the second factor, which has ended all others.
pub struct NewSession {
    /// The user.
    pub caller: Caller,
    /// The access token.
    pub token: String,
}

/// Makes a new secret for a user who has sent the password.
///
/// # Errors
/// 409 `second_factor_exists`; 422 if the password is wrong; 429 if too many wrong ones were sent; 503.
pub async fn enrol(
    state: &State,
    user_id: UserId,
    password: Password,
    source: Option<IpAddr>,
) -> Result<Enrolment, Problem> {
    let user_name = name_of(state, user_id).await?;
    let proven = sign_in::prove(state, &user_name, password, source).await?;
    if proven.is_none_or(|found| found.state.user_id != user_id) {
        return Err(wrong_password(user_id, &user_name));
    }
    let (sealed, secret, uri) = state.second_factors.new_secret(user_id, user_name.as_str())?;
    let begun = ask(&state.owners.user, BeginSecondFactor { user_id, secret: sealed }).await?;
    begun.map_err(|_| Problem::new(Code::SecondFactorExists))?;
    Ok(Enrolment { secret, uri })
}

/// Puts the new secret into effect if `code` is one of it. Returns the recovery codes, which are shown once.
///
/// # Errors
/// 409 `second_factor_exists`; 422 if the code is wrong, or there is no secret to confirm; 503.
pub async fn confirm(state: &State, user_id: UserId, code: &OneTimeCode) -> Result<(Vec<String>, NewSession), Problem> {
    let account = ask(&state.owners.user, FindState { user_id }).await?;
    if account.is_none_or(|account| account.second_factor_time.is_some()) {
        return Err(Problem::new(Code::SecondFactorExists));
    }
    let found = match code {
        OneTimeCode::App(code) => find_step(state, user_id, code).await?,
        OneTimeCode::Recovery(_) => None,
    };
    let (secret, step) = found.ok_or_else(wrong_code)?;
    let codes = recovery::codes()?;
    let recovery_codes = codes.iter().map(|code| recovery::hash(code)).collect();
    let request = Request { admin: user_id, key: None };
    let confirm = ConfirmSecondFactor { user_id, secret, step, recovery_codes, request };
    let confirmed = ask(&state.owners.user, confirm).await?.ok_or_else(|| Problem::new(Code::SecondFactorExists))?;
    Event::SecondFactorAdded.log(Some(user_id), None);
    Ok((codes.iter().map(|code| recovery::shown(code)).collect(), new_session(state, confirmed)?))
}

/// Removes the second factor of a user who has sent the password and a code.
///
/// # Errors
/// 422 if the password or the code is wrong, or there is no second factor; 429 if too many wrong ones were sent; 503.
pub async fn remove(
    state: &State,
    user_id: UserId,
    password: Password,
    code: OneTimeCode,
    source: Option<IpAddr>,
) -> Result<NewSession, Problem> {
    let user_name = name_of(state, user_id).await?;
    let proven = sign_in::authenticate(state, &user_name, password, Some(&code), source).await;
    let proven = proven.map_err(|problem| if is_wrong_code(&problem) { wrong_code() } else { problem })?;
    let proven = proven.filter(|found| found.state.user_id == user_id);
    if proven.ok_or_else(|| wrong_password(user_id, &user_name))?.state.second_factor_time.is_none() {
        return Err(wrong_code());
    }
    let (change, request) = (AccountChange::RemoveSecondFactor, Request { admin: user_id, key: None });
    let changed = ask(&state.owners.user, ChangeAccount { user_id, change, reason: None, request }).await?;
    let (_, account) = changed.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    Event::SecondFactorRemoved.log(Some(user_id), Some(user_name.as_str()));
    new_session(state, account)
}

fn wrong_code() -> Problem {
    code_error().into()
}

fn wrong_password(user_id: UserId, user_name: &UserName) -> Problem {
    Event::SignInFailed.log(Some(user_id), Some(user_name.as_str()));
    FieldError::new("user_password", field_code::WRONG_PASSWORD, "is not the present password").into()
}

fn new_session(state: &State, account: AccountState) -> Result<NewSession, Problem> {
    let caller = begin(state, account);
    Ok(NewSession { caller, token: state.tokens.issue(caller)? })
}

async fn name_of(state: &State, user_id: UserId) -> Result<UserName, Problem> {
    let user = ask(&state.owners.user, Find { user_id }).await?.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    UserName::try_from(user.user_name).map_err(|_| Problem::new(Code::Forbidden))
}
