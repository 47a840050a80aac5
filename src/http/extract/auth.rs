//! The authenticated caller. A handler takes [`Customer`] or [`Admin`]; a handler that takes neither is public.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::bearer::{bearer, sign_in_required, unauthenticated};
use super::server::{self, Server};
use crate::domain::api_key::Scope;
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem, field_code};
use crate::http::security::api_key;
use crate::http::security::sign_in::role_of;
use crate::http::security::token::{Grant, TokenRefusal};
use crate::http::state::{State, state};

/// Any signed-in user, acting on their own account, or the customer for whom a shop's server acts. An administrator may
/// place orders too.
#[derive(Debug, Clone, Copy)]
pub struct Customer(pub UserId);

/// An administrator: the user whom the settings name, or one to whom an administrator has given the role.
#[derive(Debug, Clone, Copy)]
pub struct Admin(pub UserId);

/// An administrator, or a server of the shop whose key may read events.
#[derive(Debug, Clone, Copy)]
pub struct EventReader;

/// An administrator who may still have to add a second factor, with the session.
#[derive(Debug, Clone)]
pub struct Enrolling(pub Grant);

/// A user who has signed in, with the session. Servers with an API key have none.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Grant);

/// A [`Customer`], or a guest who sends no token. A token that is not valid is refused.
#[derive(Debug, Clone, Copy)]
pub struct Visitor(pub Option<UserId>);

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !req.headers().contains_key(header::AUTHORIZATION) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            let user_id = match sender(&req, &state).await? {
                Sender::User(grant) => Some(grant.caller.user_id),
                Sender::Server(server) => server.visitor(&state).await?,
            };
            if let Some(user_id) = user_id {
                record_user(user_id);
                state.limits.user(&req, user_id)?;
            }
            Ok(Self(user_id))
        })
    }
}

impl FromRequest for Customer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            let user_id = match sender(&req, &state).await? {
                Sender::User(grant) => grant.caller.user_id,
                Sender::Server(server) => server.customer(&state).await?,
            };
            record_user(user_id);
            state.limits.user(&req, user_id)?;
            Ok(Self(user_id))
        })
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            let Sender::User(grant) = sender(&req, &state).await? else { return Err(Problem::new(Code::Forbidden)) };
            record_user(grant.caller.user_id);
            Ok(Self(grant))
        })
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            let Sender::User(grant) = sender(&req, &state).await? else { return Err(Problem::new(Code::Forbidden)) };
            // Before the role is checked, so that the log says whose request was forbidden.
            record_user(grant.caller.user_id);
            admin(&grant)
        })
    }
}

impl FromRequest for EventReader {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            match sender(&req, &state).await? {
                Sender::Server(server) => server.require(Scope::Events)?,
                Sender::User(grant) => {
                    record_user(grant.caller.user_id);
                    admin(&grant)?;
                }
            }
            Ok(Self)
        })
    }
}

impl FromRequest for Enrolling {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(req, payload);
        Box::pin(async move {
            let SignedIn(grant) = signed_in.await?;
            match grant.caller.role {
                Role::Admin => Ok(Self(grant)),
                Role::Customer => Err(Problem::new(Code::Forbidden)),
            }
        })
    }
}

/// The sender of a request.
enum Sender {
    /// A signed-in user.
    User(Grant),
    /// A server of the shop, with an API key.
    Server(Box<Server>),
}

/// The sender whom the request's token or API key names.
async fn sender(req: &HttpRequest, state: &State) -> Result<Sender, Problem> {
    let token = bearer(req).ok_or_else(sign_in_required)?;
    if token.starts_with(api_key::MARK) {
        return Ok(Sender::Server(Box::new(Server::identify(req, state, token).await?)));
    }
    let grant = session_of(state, token).await?;
    server::refuse_reference(req)?;
    Ok(Sender::User(grant))
}

/// The session of an access token. It has ended if the user signed out or does not exist, and if the password or the role
/// was changed since.
///
/// # Errors
/// 401 if the token is not valid; 503.
pub async fn session_of(state: &State, token: &str) -> Result<Grant, Problem> {
    let mut grant = state.tokens.read(token).map_err(|refusal| match refusal {
        TokenRefusal::Invalid => unauthenticated(field_code::TOKEN_INVALID, "is not a token of this shop"),
        TokenRefusal::Expired => unauthenticated(field_code::TOKEN_EXPIRED, "has expired; sign in again"),
    })?;
    let caller = &mut grant.caller;
    let account = state.sessions.state_of(&state.owners.user, &state.clock, caller.user_id).await?;
    let account = account.filter(|account| account.token_epoch == caller.epoch && account.disable_time.is_none());
    match account.filter(|_| !state.sessions.has_ended(&grant.session)) {
        Some(account) => {
            caller.role = role_of(state, &account);
            grant.needs_second_factor = state.second_factors.is_missing(caller.role, &account);
        }
        None => return Err(unauthenticated(field_code::TOKEN_INVALID, "is no longer valid: sign in again")),
    }
    Ok(grant)
}

/// The administrator whose session this is.
///
/// # Errors
/// 403 if it is that of a customer, or of an administrator who must add a second factor first.
pub fn admin(grant: &Grant) -> Result<Admin, Problem> {
    match grant.caller.role {
        Role::Customer => Err(Problem::new(Code::Forbidden)),
        Role::Admin if grant.needs_second_factor => Err(Problem::new(Code::SecondFactorRequired)),
        Role::Admin => Ok(Admin(grant.caller.user_id)),
    }
}

/// Adds the user to the span of the request.
pub fn record_user(user_id: UserId) {
    tracing::Span::current().record("user_id", tracing::field::display(user_id));
}
