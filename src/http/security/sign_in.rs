//! Signing in with name, password and perhaps a one-time code, and the password as a proof of who sends a request.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::web;

use super::event::Event;
use super::password::hash;
use super::second_factor::check::{Check, check, code_error};
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::problem::{Code, Problem};
use crate::http::security::token::Caller;
use crate::http::state::State;
use crate::user::message::session::{Attempt, AttemptEnd, BeginSignIn, EndSignIn};
use crate::user::message::{AccountState, Credential, Rehash};

/// The user with this name and password, and a new access token. A wrong password and an unknown user get the same answer
/// after the same work, so that a client cannot find out which names exist.
///
/// # Errors
/// 401, also if a one-time code is missing or wrong; 403 if the account is disabled; 429 if too many attempts have failed;
/// 503 if too many sign-ins are in progress.
pub async fn sign_in(
    state: &State,
    user_name: UserName,
    password: Password,
    code: Option<OneTimeCode>,
    source: Option<IpAddr>,
) -> Result<(Caller, String), Problem> {
    let proven = authenticate(state, &user_name, password.clone(), code.as_ref(), source).await?;
    let Some(Credential { user_id, user_password, state: account, .. }) = proven else {
        Event::SignInFailed.log(None, Some(user_name.as_str()));
        return Err(Problem::with(Code::Unauthenticated, "The user name or the password is wrong"));
    };
    if hash::is_outdated(&user_password) {
        let new = state.passwords.hash(password).await?;
        ask(&state.owners.user, Rehash { user_id, old: user_password, new }).await?;
    }
    let caller = begin(state, account);
    if caller.role == Role::Admin {
        forget_first_passwords(state).await;
    }
    Event::SignedIn.log(Some(user_id), Some(user_name.as_str()));
    Ok((caller, state.tokens.issue(caller)?))
}

/// The caller of a new session of an account.
pub fn begin(state: &State, account: AccountState) -> Caller {
    state.sessions.learn(account);
    Caller { user_id: account.user_id, role: role_of(state, &account), epoch: account.token_epoch }
}

/// The role of a user. An account that the setting `admin.user` named before, and names no more, is that of a customer.
#[must_use]
pub fn role_of(state: &State, account: &AccountState) -> Role {
    let is_admin = account.role_by.is_some() || account.user_id == state.admin;
    if is_admin { account.user_role } else { Role::Customer }
}

/// The account with this name, if the password is its password and the one-time code is right, or the account needs none.
/// A wrong code counts as a failed attempt. A missing one neither counts nor makes earlier failures forgotten: otherwise
/// codes could be guessed without end by those who know the password.
///
/// # Errors
/// 401 if a code is missing or wrong; 403 if the account is disabled; 429 and 503 as [`prove`].
pub async fn authenticate(
    state: &State,
    user_name: &UserName,
    password: Password,
    code: Option<&OneTimeCode>,
    source: Option<IpAddr>,
) -> Result<Option<Credential>, Problem> {
    let Some(found) = verify(state, user_name, password, source).await? else { return Ok(None) };
    let log = |event: Event| event.log(Some(found.user_id), Some(user_name.as_str()));
    let is_disabled = found.state.disable_time.is_some();
    let checked = if is_disabled { Ok(Check::Missing) } else { check(state, &found.state, code).await };
    let end = match &checked {
        Ok(Check::Passed) => Some(AttemptEnd::Succeeded),
        Ok(Check::Missing) | Err(_) => Some(AttemptEnd::NotVerified),
        Ok(Check::Wrong) => None,
    };
    if let Some(end) = end {
        ask(&state.owners.user, EndSignIn { user_name: user_name.clone(), source, end }).await?;
    }
    match checked? {
        Check::Passed => Ok(Some(found)),
        Check::Missing if is_disabled => {
            log(Event::SignInDisabled);
            Err(Problem::with(Code::Forbidden, "The account is disabled"))
        }
        Check::Missing => Err(Problem::new(Code::OneTimeCodeRequired)),
        Check::Wrong => {
            log(Event::SecondFactorFailed);
            Err(Problem::with(Code::Unauthenticated, "The one-time code is wrong").about(vec![code_error()]))
        }
    }
}

/// The account with this name, if the password is its password.
///
/// # Errors
/// 429 if too many attempts have failed; 503 if too many passwords are being verified.
pub async fn prove(
    state: &State,
    user_name: &UserName,
    password: Password,
    source: Option<IpAddr>,
) -> Result<Option<Credential>, Problem> {
    let found = verify(state, user_name, password, source).await?;
    if found.is_some() {
        let end = EndSignIn { user_name: user_name.clone(), source, end: AttemptEnd::Succeeded };
        ask(&state.owners.user, end).await?;
    }
    Ok(found)
}

/// The account with this name, if the password is its password. The attempt is counted as a failure before the password is
/// verified, and stays counted: the caller ends it. It is counted when its turn has come to be verified: in a flood of
/// sign-ins most are refused or wait, and orders would wait until User has written them all.
async fn verify(
    state: &State,
    user_name: &UserName,
    password: Password,
    source: Option<IpAddr>,
) -> Result<Option<Credential>, Problem> {
    let turn = state.passwords.turn().await?;
    let begin = BeginSignIn { user_name: user_name.clone(), source };
    let found = match ask(&state.owners.user, begin).await? {
        Attempt::Allowed(found) => found,
        Attempt::Refused(until) => return Err(locked(state, user_name, until)),
    };
    let is_right = turn.verify(password, found.as_ref().map(|found| found.user_password.clone())).await?;
    Ok(found.filter(|_| is_right))
}

fn locked(state: &State, user_name: &UserName, until: Timestamp) -> Problem {
    Event::SignInLocked.log(None, Some(user_name.as_str()));
    // Up to the next whole second.
    let wait = until.since(state.clock.now()).saturating_add(Duration::from_millis(999));
    Problem::with(Code::TooManySignIns, "Too many sign-ins with this name have failed; wait before the next one")
        .retry_after(wait)
}

/// Deletes the file with the generated passwords: an administrator who signs in knows theirs.
async fn forget_first_passwords(state: &State) {
    let file = state.first_passwords.clone();
    if let Ok(Err(error)) = web::block(move || file.delete()).await {
        let file = state.first_passwords.path().display();
        tracing::warn!(%file, %error, "cannot delete the file with the first passwords: delete it by hand");
    }
}
