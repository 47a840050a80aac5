//! The authenticated caller. A handler takes [`Customer`] or [`Admin`]; a handler that takes neither is public.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};
use crate::http::security::token::Caller;
use crate::http::state::state;

/// Any signed-in user, acting on their own account. An administrator may place orders too.
#[derive(Debug, Clone, Copy)]
pub struct Customer(pub UserId);

/// A user with the role `admin`.
#[derive(Debug, Clone, Copy)]
pub struct Admin(pub UserId);

impl FromRequest for Customer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(req).map(|caller| Self(caller.user_id)))
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(req).and_then(|caller| match caller.role {
            Role::Admin => Ok(Self(caller.user_id)),
            Role::Customer => Err(Problem::new(Code::Forbidden)),
        }))
    }
}

fn caller(req: &HttpRequest) -> Result<Caller, Problem> {
    let mut values = req.headers().get_all(AUTHORIZATION);
    let token = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(bearer),
        _ => None,
    };
    let caller = match token {
        Some(token) => state(req)?.tokens.read(token),
        None => None,
    };
    let caller = caller.ok_or(Problem::new(Code::Unauthenticated))?;
    tracing::Span::current().record("user_id", tracing::field::display(caller.user_id));
    Ok(caller)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
