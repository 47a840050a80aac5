//! The shop's own server as the caller. It sends an API key, and the header `Tradepost-Customer` names the customer for
//! whom it acts.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::bearer::{AUTHORIZATION, unauthenticated};
use crate::actor::task::ask;
use crate::domain::api_key::{Reference, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::security::api_key;
use crate::http::state::State;
use crate::user::message::api_key::{ApiKey, FindApiKey, OpenAccount, RecordUse, USE_EXACT_TO};

const HEADER: &str = "Tradepost-Customer";
/// The name in the form that needs no parsing.
const HEADER_NAME: HeaderName = HeaderName::from_static("tradepost-customer");
/// How long a request waits until the use of its key is recorded.
const RECORD_WITHIN: Duration = Duration::from_millis(500);

/// A server whose key is valid.
pub struct Server {
    key: ApiKey,
    /// The reference in the header, or what is wrong with it.
    reference: Result<Option<Reference>, Problem>,
    /// The account with this reference, if it exists.
    customer: Option<UserId>,
}

impl Server {
    /// The server that has sent the API key `token`. The key is looked up in the store, so that a revoked key is refused
    /// at once by all nodes.
    ///
    /// # Errors
    /// 401 if the key is unknown or revoked; 503.
    pub async fn identify(req: &HttpRequest, state: &State, token: &str) -> Result<Self, Problem> {
        let unknown = || unauthenticated(field_code::TOKEN_INVALID, "is not an API key of this shop");
        let reference = read_reference(req);
        let prefix = api_key::prefix_of(token).ok_or_else(unknown)?.to_owned();
        let named = reference.as_ref().ok().cloned().flatten();
        let found = ask(&state.owners.user, FindApiKey { prefix, reference: named }).await?;
        let found = found.filter(|found| api_key::matches(token, &found.hash)).ok_or_else(unknown)?;
        if found.key.revoke_time.is_some() {
            return Err(unauthenticated(field_code::TOKEN_INVALID, "is an API key that was revoked"));
        }
        record_use(state, &found.key).await;
        Ok(Self { key: found.key, reference, customer: found.customer })
    }

    /// The customer for whom the server acts. The account is opened at the first use of a reference.
    ///
    /// # Errors
    /// 403 if the key may not act for customers; 422 if the header is missing or wrong; 503.
    pub async fn customer(self, state: &State) -> Result<UserId, Problem> {
        self.require(Scope::Orders)?;
        let missing = || FieldError::new(HEADER, field_code::REQUIRED, "is required with an API key");
        let reference = self.reference?.ok_or_else(missing)?;
        match self.customer {
            Some(user_id) => {
                state.sessions.expect_enabled(&state.owners.user, &state.clock, user_id).await?;
                Ok(user_id)
            }
            None => {
                let open = OpenAccount { user_id: state.ids.next(), name: self.key.name, reference };
                Ok(ask(&state.owners.user, open).await?)
            }
        }
    }

    /// The customer for whom the server acts, or `None` if it names none.
    ///
    /// # Errors
    /// 403 if the key has not the scope; 422 if the header is wrong; 503.
    pub async fn visitor(self, state: &State) -> Result<Option<UserId>, Problem> {
        if !matches!(self.reference, Ok(None)) {
            return self.customer(state).await.map(Some);
        }
        self.require(Scope::Catalog).or_else(|problem| self.require(Scope::Orders).map_err(|_| problem))?;
        Ok(None)
    }

    /// Refuses a server whose key may not call the routes of `scope`.
    ///
    /// # Errors
    /// 403 if the key has not the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.scopes.allow(scope) {
            return Ok(());
        }
        let detail = format!("needs the scope {}", scope.word());
        let missing = FieldError::new(AUTHORIZATION, field_code::SCOPE_MISSING, detail).with("scope", scope);
        Err(Problem::new(Code::Forbidden).about(vec![missing]))
    }
}

/// Records the use, if the last one was long ago. The time is for people, so that a failure is no reason to refuse the
/// request.
async fn record_use(state: &State, key: &ApiKey) {
    let is_recent = |time: Timestamp| state.clock.now().since(time) < USE_EXACT_TO;
    if key.use_time.is_some_and(is_recent) {
        return;
    }
    let api_key_id = key.api_key_id;
    let recorded = tokio::time::timeout(RECORD_WITHIN, ask(&state.owners.user, RecordUse { api_key_id })).await;
    if !matches!(recorded, Ok(Ok(()))) {
        tracing::debug!(%api_key_id, "the use of an API key may not be recorded");
    }
}

/// The refusal of a request of a signed-in user that names a customer.
///
/// # Errors
/// 422 if the header is present.
pub fn refuse_reference(req: &HttpRequest) -> Result<(), Problem> {
    if req.headers().contains_key(HEADER_NAME) {
        return Err(FieldError::new(HEADER, field_code::UNKNOWN_FIELD, "is only for API keys").into());
    }
    Ok(())
}

fn read_reference(req: &HttpRequest) -> Result<Option<Reference>, Problem> {
    let mut values = req.headers().get_all(HEADER_NAME);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let reference = Reference::try_from(value.as_bytes());
            reference.map(Some).map_err(|invalid| Problem::field(HEADER, invalid.to_string()))
        }
        (Some(_), Some(_)) => {
            Err(FieldError::new(HEADER, field_code::DUPLICATE_FIELD, "is given more than once").into())
        }
    }
}
