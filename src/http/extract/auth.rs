//! The authenticated caller. A handler takes [`Customer`] or [`Admin`]; a handler that takes neither is public.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::security::token::{Caller, TokenRefusal};
use crate::http::state::state;

const AUTHORIZATION_FIELD: &str = "Authorization";

/// Any signed-in user, acting on their own account. An administrator may place orders too.
#[derive(Debug, Clone, Copy)]
pub struct Customer(pub UserId);

/// A user with the role `admin`.
#[derive(Debug, Clone, Copy)]
pub struct Admin(pub UserId);

/// A signed-in user, or a guest who sends no token. A token that is not valid is refused.
#[derive(Debug, Clone, Copy)]
pub struct Visitor(pub Option<UserId>);

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !req.headers().contains_key(AUTHORIZATION) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let caller = caller(req.clone());
        Box::pin(async move { caller.await.map(|caller| Self(Some(caller.user_id))) })
    }
}

impl FromRequest for Customer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = caller(req.clone());
        Box::pin(async move { caller.await.map(|caller| Self(caller.user_id)) })
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = caller(req.clone());
        Box::pin(async move {
            let caller = caller.await?;
            match caller.role {
                Role::Admin => Ok(Self(caller.user_id)),
                Role::Customer => Err(Problem::new(Code::Forbidden)),
            }
        })
    }
}

/// The caller that the request's token names. The token of an administrator ends when the password changes.
async fn caller(req: HttpRequest) -> Result<Caller, Problem> {
    let state = state(&req)?;
    let mut values = req.headers().get_all(AUTHORIZATION);
    let token = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(bearer),
        _ => None,
    };
    let caller = match token {
        Some(token) => state.tokens.read(token).map_err(|refusal| match refusal {
            TokenRefusal::Invalid => unauthenticated(field_code::TOKEN_INVALID, "is not a token of this shop"),
            TokenRefusal::Expired => unauthenticated(field_code::TOKEN_EXPIRED, "has expired; sign in again"),
        })?,
        None => return Err(sign_in_required()),
    };
    if caller.role == Role::Admin
        && !state.admin_passwords.is_current(&state.owners.user, caller.user_id, caller.password).await?
    {
        return Err(unauthenticated(field_code::TOKEN_INVALID, "is no longer valid: the password was changed"));
    }
    tracing::Span::current().record("user_id", tracing::field::display(caller.user_id));
    Ok(caller)
}

/// 401: the request needs a token.
#[must_use]
pub fn sign_in_required() -> Problem {
    unauthenticated(field_code::TOKEN_MISSING, "must be \"Bearer \" and an access token")
}

/// 401, with what is wrong with the token.
fn unauthenticated(code: &'static str, detail: &str) -> Problem {
    Problem::new(Code::Unauthenticated).about(vec![FieldError::new(AUTHORIZATION_FIELD, code, detail)])
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
