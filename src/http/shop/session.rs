//! `/v1/sessions`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::domain::text::{Password, UserName};
use crate::http::extract::body::Body;
use crate::http::security::sign_in;
use crate::http::state::{HandlerResult, State};

/// Body of a sign-in.
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
    /// Lifetime of the token, in seconds.
    expires_in: u64,
}

/// `POST /v1/sessions`. A wrong password and an unknown user get the same response after the same work, so that a
/// client cannot find out which names exist.
///
/// # Errors
/// 401; 503 if too many sign-ins are in progress.
pub async fn sign_in(state: web::Data<State>, Body(sign_in): Body<SignIn>) -> HandlerResult {
    let (_, access_token) = sign_in::sign_in(&state, sign_in.user_name, sign_in.user_password).await?;
    Ok(HttpResponse::Created().json(Session { access_token, token_type: "Bearer", expires_in: state.tokens.ttl_s() }))
}
