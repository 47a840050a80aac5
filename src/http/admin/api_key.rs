//! `/admin/api-keys`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::api_key::{KeyName, Scopes};
use crate::domain::id;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, Problem};
use crate::http::security::api_key;
use crate::http::state::{HandlerResult, State};
use crate::journal::{KeyReused, Performed, Request};
use crate::user::message::api_key::{ApiKey, CreateApiKey, ListApiKeys, RevokeApiKey};

/// Body of a new API key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    name: KeyName,
    scopes: Scopes,
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
    let request = key::request(admin, key, &("api_key", &new))?;
    let api_key::NewKey { key: secret, prefix, hash } = api_key::generate()?;
    let NewApiKey { name, scopes } = new;
    let create = CreateApiKey { api_key_id: state.ids.next(), name, prefix, hash, scopes, request };
    let created = ask(&state.owners.user, create).await?;
    let Performed { value: key, is_replay } = created.map_err(|KeyReused| Problem::new(Code::IdempotencyKeyReused))?;
    let value = CreatedApiKey { key, secret: (!is_replay).then_some(secret) };
    Ok(key::performed(StatusCode::CREATED, &Performed { value, is_replay }))
}

/// `GET /admin/api-keys`: all keys, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let list = ListApiKeys { before: page.before(), limit: page.fetch_limit() };
    let keys = ask(&state.owners.user, list).await?;
    Ok(HttpResponse::Ok().json(page.list(keys, |key| key.api_key_id)))
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
    let request = Request { admin: admin.0, key: None };
    let revoked = ask(&state.owners.user, RevokeApiKey { api_key_id, request }).await?;
    revoked.map(|key| HttpResponse::Ok().json(key)).ok_or(Problem::new(Code::NotFound))
}
