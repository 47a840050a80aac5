//! `/admin/webhooks/{id}/deliveries` and `/admin/webhook-deliveries`: the events that were sent to webhooks.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::webhook::find_webhook;
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::id::{self, DeliveryId, WebhookId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::status::DeliveryStatus;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::page::{Cursor, Limit, List, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::journal::Request;
use crate::messaging::feed::cloud_event::CloudEvent;
use crate::webhook::message::{Delivery, ListDeliveries, QueueTest, QueuedEvent, REPLAYED_MAX, Replay, ReplayFailed};

/// The type of events that try an endpoint. It is in no document: nothing happened.
const TEST: &str = "shop.tradepost.webhook.test.v1";

/// Query parameters of the deliveries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<DeliveryStatus>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// Body of a request to send failed deliveries again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReplay {
    /// Time since which they were queued.
    pub since: Timestamp,
}

/// Response body: the deliveries that are sent again.
#[derive(Debug, Serialize)]
struct Replayed {
    /// Their number.
    replayed: usize,
    /// Whether more have failed since then: send the request again.
    has_more: bool,
}

/// `GET /admin/webhooks/{id}/deliveries`: the deliveries of an endpoint, newest first.
///
/// # Errors
/// 404 if there is no such endpoint; 422 for a bad parameter.
pub async fn list(
    _: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    Query(query): Query<DeliveryQuery>,
) -> HandlerResult {
    find_webhook(&state, webhook_id).await?;
    Ok(HttpResponse::Ok().json(find_deliveries(&state, webhook_id, query).await?))
}

/// One page of the deliveries of an endpoint that match `query`.
///
/// # Errors
/// 503 if User does not reply.
pub async fn find_deliveries(
    state: &State,
    webhook_id: WebhookId,
    query: DeliveryQuery,
) -> Result<List<Delivery>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = ListDeliveries { webhook_id, status: query.status, before: page.before(), limit: page.fetch_limit() };
    let deliveries = ask(&state.owners.user, list).await?;
    Ok(page.list(deliveries, |delivery| delivery.delivery_id))
}

/// `POST /admin/webhooks/{id}/test`: sends an event that says nothing.
///
/// # Errors
/// 404 if there is no such endpoint; 409 if it is disabled.
pub async fn test(
    admin: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    _: EmptyBody,
) -> HandlerResult {
    Ok(HttpResponse::Accepted().json(test_as(&state, admin, webhook_id, None).await?))
}

/// Queues an event that says nothing, in the name of an administrator; one event under the same key.
///
/// # Errors
/// 404 if there is no such endpoint; 409 if it is disabled.
pub async fn test_as(
    state: &State,
    admin: Admin,
    webhook_id: WebhookId,
    key: Option<&IdempotencyKey>,
) -> Result<Delivery, Problem> {
    let delivery_id: DeliveryId = state.ids.next();
    let number = key.map_or_else(|| delivery_id.to_string(), |key| key.as_str().to_owned());
    let (event_id, data) = (format!("webhook.test.v1-{number}"), json!({"webhook_id": webhook_id}));
    let now = state.clock.now();
    let event =
        CloudEvent::without_schema(TEST, event_id.clone(), webhook_id.to_string(), now, data, &state.public_url);
    let body = serde_json::to_string(&event).map_err(|_| Problem::new(Code::Internal))?;
    let event = QueuedEvent { event_id, event_type: TEST.to_owned(), body };
    let request = Request { admin: admin.0, key: None };
    match ask(&state.owners.user, QueueTest { webhook_id, delivery_id, event, request }).await? {
        Some(delivery) => Ok(delivery),
        None => {
            find_webhook(state, webhook_id).await?;
            Err(Problem::with(Code::WebhookDisabled, "The webhook is disabled: enable it first"))
        }
    }
}

/// `POST /admin/webhook-deliveries/{id}/replay`: sends an event again, also one that was delivered.
///
/// # Errors
/// 404 if there is no such delivery.
pub async fn replay(
    admin: Admin,
    state: web::Data<State>,
    PathId(delivery_id): PathId<id::Delivery>,
    _: EmptyBody,
) -> HandlerResult {
    let request = Request { admin: admin.0, key: None };
    let replayed = ask(&state.owners.user, Replay { delivery_id, request }).await?;
    Ok(HttpResponse::Accepted().json(replayed.ok_or_else(|| Problem::new(Code::NotFound))?))
}

/// `POST /admin/webhooks/{id}/replay`: sends the failed deliveries of an endpoint again.
///
/// # Errors
/// 404 if there is no such endpoint; 422 for a bad field.
pub async fn replay_failed(
    admin: Admin,
    state: web::Data<State>,
    PathId(webhook_id): PathId<id::Webhook>,
    Body(NewReplay { since }): Body<NewReplay>,
) -> HandlerResult {
    let request = Request { admin: admin.0, key: None };
    let replayed = ask(&state.owners.user, ReplayFailed { webhook_id, since, request }).await?;
    let replayed = replayed.ok_or_else(|| Problem::new(Code::NotFound))?;
    let has_more = i64::try_from(replayed).is_ok_and(|replayed| replayed >= REPLAYED_MAX);
    Ok(HttpResponse::Accepted().json(Replayed { replayed, has_more }))
}
