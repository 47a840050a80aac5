//! `/v1/users`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Mobile, Password, UserName};
use crate::http::extract::auth::Customer;
use crate::http::extract::body::Body;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::state::{HandlerResult, State};
use crate::user;
use crate::user::message::Register;

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
/// 409 `user_name_taken`.
pub async fn register(state: web::Data<State>, Body(new): Body<NewUser>) -> HandlerResult {
    let password_hash = state.passwords.hash(new.user_password).await?;
    let register = Register {
        user_id: state.ids.next(),
        user_name: new.user_name,
        password_hash,
        user_mobile: new.user_mobile,
        role: Role::Customer,
        user_money: Money::ZERO,
        user_score: 0,
    };
    match ask(&state.owners.user, register).await? {
        Ok(user) => Ok(HttpResponse::Created().insert_header((LOCATION, "/v1/users/me")).json(user)),
        Err(crate::user::error::NameTaken) => {
            let taken = FieldError::new("user_name", Code::UserNameTaken.name(), "is taken by another user");
            Err(Problem::new(Code::UserNameTaken).about(vec![taken]))
        }
    }
}

/// `GET /v1/users/me`
///
/// # Errors
/// 401 if the token's user is not in the store.
pub async fn me(caller: Customer, state: web::Data<State>) -> HandlerResult {
    let user = ask(&state.owners.user, user::message::Find { user_id: caller.0 }).await?;
    user.map(|user| HttpResponse::Ok().json(user)).ok_or(Problem::new(Code::Unauthenticated))
}
