//! `/admin/api-keys`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::api_key::{KeyName, Scopes};
use crate::domain::id::{self, ApiKeyId};
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::page::{List, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, Problem};
use crate::http::security::api_key::{self, NewKey};
use crate::http::state::{HandlerResult, State};
use crate::journal::{KeyReused, Performed, Request};
use crate::user::message::api_key::{ApiKey, CreateApiKey, ListApiKeys, RevokeApiKey};

/// Body of a new API key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// Name of the server.
    pub name: KeyName,
    /// Routes that the key may call.
    pub scopes: Scopes,
}

/// Response body: a key that was just created.
#[derive(Serialize)]
struct CreatedApiKey {
    #[serde(flatten)]
    key: ApiKey,
    /// The key itself, in this response alone. `None` if an earlier request has created the key.
    #[serde(rename = "key")]
    secret: Option<String>,
}

/// `POST /admin/api-keys`
///
/// # Errors
/// 422 for a bad field, or if the idempotency key was used for another request.
pub async fn create(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    Body(new): Body<NewApiKey>,
) -> HandlerResult {
    let generated = api_key::generate()?;
    let secret = generated.key.clone();
    let Performed { value: key, is_replay } = create_as(&state, admin, key, new, generated).await?;
    let value = CreatedApiKey { key, secret: (!is_replay).then_some(secret) };
    Ok(key::performed(StatusCode::CREATED, &Performed { value, is_replay }))
}

/// Creates a key on behalf of the administrator: `generated`, unless an earlier request under the idempotency key has
/// created another.
///
/// # Errors
/// 422 if the idempotency key was used for another request; 503.
pub async fn create_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    new: NewApiKey,
    generated: NewKey,
) -> Result<Performed<ApiKey>, Problem> {
    let request = key::request(admin, key, &("api_key", &new))?;
    let NewApiKey { name, scopes } = new;
    let NewKey { prefix, hash, .. } = generated;
    let create = CreateApiKey { api_key_id: state.ids.next(), name, prefix, hash, scopes, request };
    let created = ask(&state.owners.user, create).await?;
    created.map_err(|KeyReused| Problem::new(Code::IdempotencyKeyReused))
}

/// `GET /admin/api-keys`: all keys, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_keys(&state, &page).await?))
}

/// One page of all keys, newest first.
///
/// # Errors
/// 503 if User does not reply.
pub async fn find_keys(state: &State, page: &Page) -> Result<List<ApiKey>, Problem> {
    let list = ListApiKeys { before: page.before(), limit: page.fetch_limit() };
    let keys = ask(&state.owners.user, list).await?;
    Ok(page.list(keys, |key| key.api_key_id))
}

/// The key with this id.
///
/// # Errors
/// 404 if there is no such key; 503.
pub async fn find_key(state: &State, api_key_id: ApiKeyId) -> Result<ApiKey, Problem> {
    // Keys are listed by their ids, those before the given one.
    let list = ListApiKeys { before: Some(ApiKeyId::new(api_key_id.get().saturating_add(1))), limit: 1 };
    let found = ask(&state.owners.user, list).await?.into_iter().find(|key| key.api_key_id == api_key_id);
    found.ok_or_else(|| Problem::new(Code::NotFound))
}

/// `POST /admin/api-keys/{id}/revoke`
///
/// # Errors
/// 404 if there is no such key.
pub async fn revoke(
    admin: Admin,
    state: web::Data<State>,
    PathId(api_key_id): PathId<id::ApiKey>,
    _: EmptyBody,
) -> HandlerResult {
    Ok(HttpResponse::Ok().json(revoke_as(&state, admin, api_key_id).await?))
}

/// Revokes a key on behalf of the administrator.
///
/// # Errors
/// 404 if there is no such key; 503.
pub async fn revoke_as(state: &State, admin: Admin, api_key_id: ApiKeyId) -> Result<ApiKey, Problem> {
    let request = Request { admin: admin.0, key: None };
    let revoked = ask(&state.owners.user, RevokeApiKey { api_key_id, request }).await?;
    revoked.ok_or_else(|| Problem::new(Code::NotFound))
}
