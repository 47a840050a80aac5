//! `/v1/users/me/password`.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;

use super::session;
use crate::actor::task::ask;
use crate::domain::text::{Password, UserName};
use crate::http::extract::auth::SignedIn;
use crate::http::extract::body::Body;
use crate::http::extract::client::ClientIp;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::security::event::Event;
use crate::http::security::password::rule;
use crate::http::security::sign_in;
use crate::http::state::{HandlerResult, State};
use crate::user::message::{Find, SetPassword};

/// Body of a change of the password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    old_password: Password,
    new_password: Password,
}

/// `POST /v1/users/me/password`: changes the password, ends all sessions of the user, and begins a new one.
///
/// # Errors
/// 422, naming `old_password`, if it is wrong, or `new_password`, if it is not accepted; 429 if too many wrong ones were
/// sent; 503 if too many passwords are being hashed.
pub async fn change(
    SignedIn(grant): SignedIn,
    state: web::Data<State>,
    ClientIp(source): ClientIp,
    Body(passwords): Body<NewPassword>,
) -> HandlerResult {
    let user_id = grant.caller.user_id;
    let user = ask(&state.owners.user, Find { user_id }).await?.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let user_name = UserName::try_from(user.user_name).map_err(|_| Problem::new(Code::Forbidden))?;
    rule::check("new_password", &user_name, &passwords.new_password)?;
    let proven = sign_in::prove(&state, &user_name, passwords.old_password, source).await?;
    if proven.is_none_or(|found| found.user_id != user_id) {
        Event::SignInFailed.log(Some(user_id), Some(user_name.as_str()));
        return Err(FieldError::new("old_password", field_code::WRONG_PASSWORD, "is not the present password").into());
    }
    let password_hash = state.passwords.hash(passwords.new_password).await?;
    let changed = ask(&state.owners.user, SetPassword { user_id, password_hash }).await?;
    let account = changed.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    Event::PasswordChanged.log(Some(user_id), Some(user_name.as_str()));
    let caller = sign_in::begin(&state, account);
    let token = state.tokens.issue(caller)?;
    Ok(session::answer(&state, StatusCode::OK, caller, token))
}
