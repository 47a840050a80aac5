//! `/v1/users`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Mobile, Password, UserName};
use crate::http::extract::auth::Customer;
use crate::http::extract::body::Body;
use crate::http::extract::key::{self, OptionalKey};
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::security::event::Event;
use crate::http::security::password::rule;
use crate::http::security::reserved_name;
use crate::http::state::{HandlerResult, State};
use crate::journal::Performed;
use crate::user;
use crate::user::error::NameTaken;
use crate::user::message::{FindRegistration, Register, Registered};

/// Body of a registration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    user_name: UserName,
    user_password: Password,
    user_mobile: Option<Mobile>,
}

/// `POST /v1/users`
///
/// # Errors
/// 409 `user_name_taken`; 422 if the idempotency key was used for another request with this name.
pub async fn register(
    OptionalKey(key): OptionalKey,
    state: web::Data<State>,
    Body(new): Body<NewUser>,
) -> HandlerResult {
    let Registered { user, earlier_hash } =
        create(&state, key, new.user_name, new.user_password.clone(), new.user_mobile.clone()).await?;
    let is_replay = earlier_hash.is_some();
    // No fingerprint of a password is stored. The earlier request was the same if its password and number were.
    let is_same_mobile = user.user_mobile == new.user_mobile.map(Mobile::into_inner);
    if is_replay && !(is_same_mobile && state.passwords.verify(new.user_password, earlier_hash).await?) {
        return Err(Problem::new(Code::IdempotencyKeyReused));
    }
    let mut response = key::performed(StatusCode::CREATED, &Performed { value: user, is_replay });
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/v1/users/me"));
    Ok(response)
}

/// Registers a customer.
///
/// # Errors
/// 409 `user_name_taken`; 422 if the name is reserved or the password is not accepted; 503 if too many passwords are being
/// hashed.
pub async fn create(
    state: &State,
    key: Option<IdempotencyKey>,
    user_name: UserName,
    password: Password,
    user_mobile: Option<Mobile>,
) -> Result<Registered, Problem> {
    // A hash is expensive: it is computed only if the name is free.
    let find = FindRegistration { user_name: user_name.clone(), key: key.clone() };
    if let Some(earlier) = ask(&state.owners.user, find).await? {
        return earlier.map_err(name_taken);
    }
    reserved_name::check(&user_name)?;
    rule::check("user_password", &user_name, &password)?;
    let password_hash = state.passwords.hash(password).await?;
    let register = Register {
        key,
        user_id: state.ids.next(),
        user_name,
        password_hash,
        user_mobile,
        role: Role::Customer,
        user_money: Money::ZERO,
        user_score: 0,
    };
    let registered = ask(&state.owners.user, register).await?.map_err(name_taken)?;
    Event::Registered.log(Some(registered.user.user_id), Some(&registered.user.user_name));
    Ok(registered)
}

fn name_taken(_: NameTaken) -> Problem {
    let taken = FieldError::new("user_name", Code::UserNameTaken.name(), "is taken by another user");
    Problem::new(Code::UserNameTaken).about(vec![taken])
}

/// `GET /v1/users/me`
///
/// # Errors
/// 401 if the token's user is not in the store.
pub async fn me(caller: Customer, state: web::Data<State>) -> HandlerResult {
    let user = ask(&state.owners.user, user::message::Find { user_id: caller.0 }).await?;
    user.map(|user| HttpResponse::Ok().json(user)).ok_or(Problem::new(Code::Unauthenticated))
}
