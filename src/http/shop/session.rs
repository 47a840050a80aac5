//! `/v1/sessions`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::text::{Password, UserName};
use crate::http::extract::body::Body;
use crate::http::problem::{Code, Problem};
use crate::http::security::token::Caller;
use crate::http::state::{Answer, State};
use crate::user::message::FindCredential;

/// Who wants to sign in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    user_name: UserName,
    user_password: Password,
}

#[derive(Serialize)]
struct Session {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
}

/// `POST /v1/sessions`. A wrong password and an unknown user get the same answer after the same work.
///
/// # Errors
/// 401; 503 where too many sign in at once.
pub async fn sign_in(state: web::Data<State>, Body(sign_in): Body<SignIn>) -> Answer {
    let credential = ask(&state.owners.user, FindCredential { user_name: sign_in.user_name }).await?;
    let (caller, hash) = credential.map_or((None, None), |credential| {
        let caller = Caller { user_id: credential.user_id, role: credential.user_role };
        (Some(caller), Some(credential.user_password))
    });
    let right = state.passwords.verify(sign_in.user_password, hash).await?;
    let caller = caller
        .filter(|_| right)
        .ok_or_else(|| Problem::with(Code::Unauthenticated, "The user name or the password is wrong"))?;
    let access_token = state.tokens.issue(caller)?;
    Ok(HttpResponse::Created().json(Session { access_token, token_type: "Bearer", expires_in: state.tokens.ttl_s() }))
}
