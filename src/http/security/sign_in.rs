//! Signing in with name and password.

use actix_web::web;

use crate::actor::task::ask;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::problem::{Code, Problem};
use crate::http::security::admin_passwords::PasswordMark;
use crate::http::security::token::Caller;
use crate::http::state::State;
use crate::user::message::FindCredential;

/// The user with this name and password, and a new access token. A wrong password and an unknown user get the same answer
/// after the same work, so that a client cannot find out which names exist.
///
/// # Errors
/// 401; 503 if too many sign-ins are in progress.
pub async fn sign_in(state: &State, user_name: UserName, password: Password) -> Result<(Caller, String), Problem> {
    let credential = ask(&state.owners.user, FindCredential { user_name }).await?;
    let (caller, hash) = credential.map_or((None, None), |credential| {
        let password = match credential.user_role {
            Role::Admin => PasswordMark::of(&credential.user_password),
            Role::Customer => PasswordMark::NONE,
        };
        let caller = Caller { user_id: credential.user_id, role: credential.user_role, password };
        (Some(caller), Some(credential.user_password))
    });
    let matches = state.passwords.verify(password, hash).await?;
    let caller = caller
        .filter(|_| matches)
        .ok_or_else(|| Problem::with(Code::Unauthenticated, "The user name or the password is wrong"))?;
    if caller.role == Role::Admin {
        state.admin_passwords.learn(caller.user_id, caller.password);
        forget_first_passwords(state).await;
    }
    Ok((caller, state.tokens.issue(caller)?))
}

/// Deletes the file with the generated passwords: an administrator who signs in knows theirs.
async fn forget_first_passwords(state: &State) {
    let file = state.first_passwords.clone();
    if let Ok(Err(error)) = web::block(move || file.delete()).await {
        let file = state.first_passwords.path().display();
        tracing::warn!(%file, %error, "cannot delete the file with the first passwords: delete it by hand");
    }
}
