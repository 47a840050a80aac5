//! `/v1/sessions`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::text::{Password, UserName};
use crate::http::extract::auth::SignedIn;
use crate::http::extract::body::Body;
use crate::http::extract::client::ClientIp;
use crate::http::problem::Problem;
use crate::http::security::event::Event;
use crate::http::security::sign_in;
use crate::http::security::token::{Caller, Grant};
use crate::http::state::{HandlerResult, State};
use crate::user::message::session::{EndSession, EndSessions};

/// Body of a sign-in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    user_name: UserName,
    user_password: Password,
    one_time_code: Option<OneTimeCode>,
}

/// Response body: an access token.
#[derive(Serialize)]
pub struct Session {
    access_token: String,
    token_type: &'static str,
    /// Lifetime of the token, in seconds.
    expires_in: u64,
}

impl Session {
    /// The body with the token of `caller`.
    #[must_use]
    pub fn new(state: &State, caller: Caller, access_token: String) -> Self {
        Self { access_token, token_type: "Bearer", expires_in: state.tokens.ttl(caller.role).as_secs() }
    }
}

/// `POST /v1/sessions`. A wrong password and an unknown user get the same response after the same work, so that a
/// client cannot find out which names exist.
///
/// # Errors
/// 401, also if a one-time code is missing or wrong; 403 if the account is disabled; 429 if too many attempts have failed;
/// 503 if too many sign-ins are in progress.
pub async fn sign_in(state: web::Data<State>, ClientIp(source): ClientIp, Body(body): Body<SignIn>) -> HandlerResult {
    let SignIn { user_name, user_password, one_time_code } = body;
    let (caller, token) = sign_in::sign_in(&state, user_name, user_password, one_time_code, source).await?;
    Ok(answer(&state, StatusCode::CREATED, caller, token))
}

/// The answer with a new access token.
#[must_use]
pub fn answer(state: &State, status: StatusCode, caller: Caller, access_token: String) -> HttpResponse {
    HttpResponse::build(status).json(Session::new(state, caller, access_token))
}

/// `DELETE /v1/sessions/current`: ends the session of the request's token.
///
/// # Errors
/// 503.
pub async fn sign_out(SignedIn(grant): SignedIn, state: web::Data<State>) -> HandlerResult {
    end(&state, grant).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one session.
///
/// # Errors
/// 503.
pub async fn end(state: &State, Grant { caller, expires, session, .. }: Grant) -> Result<(), Problem> {
    let expire_time = Timestamp(expires.saturating_add(EXPIRY_MARGIN_S).saturating_mul(1000));
    let session = session.to_string();
    let end = EndSession { user_id: caller.user_id, session: session.clone(), expire_time };
    ask(&state.owners.user, end).await?;
    state.sessions.end(session, expire_time);
    Event::SignedOut.log(Some(caller.user_id), None);
    Ok(())
}

/// How much longer than a token lives it is known that its session was ended: nodes accept tokens a little longer.
const EXPIRY_MARGIN_S: i64 = 60;

/// `DELETE /v1/sessions`: ends all sessions of the user, also that of the request.
///
/// # Errors
/// 503.
pub async fn sign_out_everywhere(SignedIn(grant): SignedIn, state: web::Data<State>) -> HandlerResult {
    let user_id = grant.caller.user_id;
    let ended = ask(&state.owners.user, EndSessions { user_id }).await?;
    ended.into_iter().for_each(|account| state.sessions.learn(account));
    Event::SignedOutEverywhere.log(Some(user_id), None);
    Ok(HttpResponse::NoContent().finish())
}
