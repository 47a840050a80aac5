//! `/admin/webhooks`: the endpoints of other systems to which events are sent.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::actor::task::ask;
use crate::domain::id::{self, WebhookId};
use crate::domain::webhook::{Description, EventTypes, UrlRefusal, WebhookUrl};
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::page::{List, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::feed::list as feed;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::journal::{Performed, Request};
use crate::messaging::feed::event_type;
use crate::webhook::message::{
    ChangeWebhook, CreateRefusal, CreateWebhook, DeleteWebhook, ListWebhooks, RotateSecret, WEBHOOKS_MAX, Webhook,
};
use crate::webhook::secret::NewSecret;

static TYPES: LazyLock<Vec<&'static str>> = LazyLock::new(|| event_type::ALL.iter().map(|kind| kind.name).collect());

/// The name of a type of events.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TypeName(String);

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if TYPES.contains(&name.as_str()) { Ok(Self(name)) } else { Err(de::Error::unknown_variant(&name, &TYPES)) }
    }
}

fn event_types(names: BTreeSet<TypeName>) -> EventTypes {
    EventTypes::new(names.into_iter().map(|name| name.0).collect())
}

/// Body of a new endpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Address to which events are sent.
    pub url: WebhookUrl,
    /// An administrator's note.
    pub description: Option<Description>,
    /// Types of events that are sent; none for all.
    #[serde(default)]
    pub event_types: BTreeSet<TypeName>,
}

/// Response body: an endpoint with its new secret.
#[derive(Debug, Serialize)]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: Webhook,
    /// The secret, in this response alone. `None` if an earlier request has created the endpoint.
    secret: Option<String>,
}

/// Body of a change to an endpoint. A missing field stays as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedWebhook {
    /// New address.
    pub url: Option<WebhookUrl>,
    /// New note.
    pub description: Option<Description>,
    /// New types of events.
    pub event_types: Option<BTreeSet<TypeName>>,
    /// Stops sending events, or goes on with it.
    pub enabled: Option<bool>,
}

/// Checks that an endpoint may have this address.
fn expect_allowed(state: &State, url: &WebhookUrl) -> Result<(), Problem> {
    let detail = match url.check(state.webhooks.rules) {
        Ok(()) => return Ok(()),
        Err(UrlRefusal::Plain) => "must begin with https://, or the setting webhooks.allow_http must be true",
        Err(UrlRefusal::Private) => {
            "must not be an address of a private network or of this machine, or the setting \
             webhooks.allow_private_addresses must be true"
        }
    };
    Err(Problem::field("url", detail))
}

fn new_secret(state: &State, webhook_id: WebhookId) -> Result<NewSecret, Problem> {
    state.webhooks.secrets.generate(webhook_id).ok_or_else(|| {
        tracing::error!("no secret was made: the system provides no random bytes");
        Problem::new(Code::Internal)
    })
}

/// `POST /admin/webhooks`
///
/// # Errors
/// 422 for a bad field, if there are too many endpoints, or if the idempotency key was used for another request; 404 if no
/// events are recorded.
pub async fn create(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    Body(new): Body<NewWebhook>,
) -> HandlerResult {
    let created = create_as(&state, admin, key, new).await?;
    Ok(key::performed(StatusCode::CREATED, &created))
}

/// Creates an endpoint in the name of an administrator. It gets the events from now on.
///
/// # Errors
/// Those of [`create`].
pub async fn create_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    new: NewWebhook,
) -> Result<Performed<WebhookWithSecret>, Problem> {
    expect_allowed(state, &new.url)?;
    let request = key::request(admin, key, &("webhook", &new))?;
    let webhook_id = state.ids.next();
    let (_, end) = feed::read(&state.owners, None, None, 0).await?;
    let NewSecret { shown, sealed } = new_secret(state, webhook_id)?;
    let description = match new.description {
        Some(description) => description,
        None => String::new().try_into().map_err(|_| Problem::new(Code::Internal))?,
    };
    let create = CreateWebhook {
        webhook_id,
        url: new.url,
        description,
        event_types: event_types(new.event_types),
        secret: sealed,
        feed_cursor: end.to_string(),
        request,
    };
    match ask(&state.owners.user, create).await? {
        Ok(Performed { value: webhook, is_replay }) => {
            let value = WebhookWithSecret { webhook, secret: (!is_replay).then_some(shown) };
            Ok(Performed { value, is_replay })
        }
        Err(CreateRefusal::KeyReused) => Err(Problem::new(Code::IdempotencyKeyReused)),
        Err(CreateRefusal::TooMany) => {
            let detail = format!("is one too many: there are {WEBHOOKS_MAX} webhooks; delete one first");
            Err(FieldError::new("url", field_code::TOO_HIGH, detail).with("max", WEBHOOKS_MAX).into())
        }
    }
}

/// `GET /admin/webhooks`: all endpoints, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_webhooks(&state, &page).await?))
}

/// One page of all endpoints, newest first.
///
/// # Errors
/// 503 if User does not reply.
pub async fn find_webhooks(state: &State, page: &Page) -> Result<List<Webhook>, Problem> {
    let list = ListWebhooks { webhook_id: None, before: page.before(), limit: page.fetch_limit() };
    let webhooks = ask(&state.owners.user, list).await?;
    Ok(page.list(webhooks, |webhook| webhook.webhook_id))
}

/// `GET /admin/webhooks/{id}`
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn find(_: Admin, state: web::Data<State>, PathId(webhook_id): PathId<id::Webhook>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_webhook(&state, webhook_id).await?))
}

/// The endpoint with this id.
///
/// # Errors
/// 404 if there is no such endpoint; 503.
pub async fn find_webhook(state: &State, webhook_id: WebhookId) -> Result<Webhook, Problem> {
    let list = ListWebhooks { webhook_id: Some(webhook_id), before: None, limit: 1 };
    ask(&state.owners.user, list).await?.pop().ok_or_else(|| Problem::new(Code::NotFound))
}

/// `PATCH /admin/webhooks/{id}`
///
/// # Errors
/// 404 if there is no such endpoint; 422 for a bad field.
pub async fn change(
    admin: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    Body(changed): Body<ChangedWebhook>,
) -> HandlerResult {
    Ok(HttpResponse::Ok().json(change_as(&state, admin, webhook_id, changed).await?))
}

/// Changes an endpoint in the name of an administrator.
///
/// # Errors
/// 404 if there is no such endpoint; 422 for a bad field.
pub async fn change_as(
    state: &State,
    admin: Admin,
    webhook_id: WebhookId,
    changed: ChangedWebhook,
) -> Result<Webhook, Problem> {
    let ChangedWebhook { url, description, event_types: names, enabled } = changed;
    if let Some(url) = &url {
        expect_allowed(state, url)?;
    }
    let request = Request { admin: admin.0, key: None };
    let event_types = names.map(event_types);
    let change = ChangeWebhook { webhook_id, url, description, event_types, enabled, request };
    ask(&state.owners.user, change).await?.ok_or_else(|| Problem::new(Code::NotFound))
}

/// `DELETE /admin/webhooks/{id}`
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn remove(
    admin: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    _: EmptyBody,
) -> HandlerResult {
    let request = Request { admin: admin.0, key: None };
    match ask(&state.owners.user, DeleteWebhook { webhook_id, request }).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(Problem::new(Code::NotFound)),
    }
}

/// `POST /admin/webhooks/{id}/rotate-secret`
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn rotate_secret(
    admin: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    _: EmptyBody,
) -> HandlerResult {
    let NewSecret { shown, sealed: secret } = new_secret(&state, webhook_id)?;
    let request = Request { admin: admin.0, key: None };
    let rotate = RotateSecret { webhook_id, secret, old_secret_for: state.webhooks.old_secret_for, request };
    let webhook = ask(&state.owners.user, rotate).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().json(WebhookWithSecret { webhook, secret: Some(shown) }))
}
