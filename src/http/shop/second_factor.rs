//! `/v1/users/me/second-factor`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::session::{self, Session};
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::text::Password;
use crate::http::extract::auth::{Enrolling, SignedIn};
use crate::http::extract::body::Body;
use crate::http::extract::client::ClientIp;
use crate::http::problem::{Code, Problem};
use crate::http::security::second_factor::change::{self, Enrolment, NewSession};
use crate::http::state::{HandlerResult, State};
use crate::user::message::second_factor::FindSecondFactor;
use crate::user::message::session::FindState;

/// Body of the request for a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFactor {
    user_password: Password,
}

/// Body of the confirmation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    one_time_code: OneTimeCode,
}

/// Body of the removal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    user_password: Password,
    one_time_code: OneTimeCode,
}

/// Response body: the second factor of the user, without its secret.
#[derive(Serialize)]
struct View {
    /// Since when it is in effect; `None` if there is none.
    second_factor_time: Option<Timestamp>,
    /// Number of recovery codes that are left.
    recovery_codes: i64,
}

/// Response body: a secret for an app.
#[derive(Serialize)]
struct Offer {
    secret: String,
    uri: String,
}

/// Response body: a new access token, and the recovery codes.
#[derive(Serialize)]
struct Confirmed {
    #[serde(flatten)]
    session: Session,
    recovery_codes: Vec<String>,
}

/// `GET /v1/users/me/second-factor`
///
/// # Errors
/// 503.
pub async fn show(SignedIn(grant): SignedIn, state: web::Data<State>) -> HandlerResult {
    let user_id = grant.caller.user_id;
    let account = ask(&state.owners.user, FindState { user_id }).await?;
    let account = account.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let found = ask(&state.owners.user, FindSecondFactor { user_id }).await?;
    let recovery_codes = found.map_or(0, |found| found.recovery_codes);
    Ok(HttpResponse::Ok().json(View { second_factor_time: account.second_factor_time, recovery_codes }))
}

/// `POST /v1/users/me/second-factor`: a secret for an app, which is in effect when it is confirmed.
///
/// # Errors
/// 403 for a customer; 409 if there is a second factor; 422 if the password is wrong; 429 if too many wrong ones were sent.
pub async fn enrol(
    Enrolling(grant): Enrolling,
    state: web::Data<State>,
    ClientIp(source): ClientIp,
    Body(NewFactor { user_password }): Body<NewFactor>,
) -> HandlerResult {
    let Enrolment { secret, uri } = change::enrol(&state, grant.caller.user_id, user_password, source).await?;
    Ok(HttpResponse::Created().json(Offer { secret, uri }))
}

/// `POST /v1/users/me/second-factor/confirm`: puts the secret into effect, ends all sessions of the user, and begins a new
/// one.
///
/// # Errors
/// 403 for a customer; 409 if there is a second factor; 422 if the code is wrong.
pub async fn confirm(
    Enrolling(grant): Enrolling,
    state: web::Data<State>,
    Body(Confirmation { one_time_code }): Body<Confirmation>,
) -> HandlerResult {
    let confirmed = change::confirm(&state, grant.caller.user_id, &one_time_code).await?;
    let (recovery_codes, NewSession { caller, token }) = confirmed;
    let session = Session::new(&state, caller, token);
    Ok(HttpResponse::Ok().json(Confirmed { session, recovery_codes }))
}

/// `POST /v1/users/me/second-factor/remove`: removes the second factor, ends all sessions of the user, and begins a new one.
///
/// # Errors
/// 422 if the password or the code is wrong; 429 if too many wrong ones were sent.
pub async fn remove(
    SignedIn(grant): SignedIn,
    state: web::Data<State>,
    ClientIp(source): ClientIp,
    Body(Removal { user_password, one_time_code }): Body<Removal>,
) -> HandlerResult {
    let removed = change::remove(&state, grant.caller.user_id, user_password, one_time_code, source).await?;
    Ok(session::answer(&state, StatusCode::OK, removed.caller, removed.token))
}
