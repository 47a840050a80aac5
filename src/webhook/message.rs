//! The tasks on endpoints and deliveries. User runs them.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::config::Schedule;
use crate::domain::clock::Timestamp;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::status::DeliveryStatus;
use crate::domain::webhook::{Description, DisableReason, EventTypes, WebhookUrl};
use crate::journal::{KeyReused, Performed, Request};

/// The maximum number of endpoints.
pub const WEBHOOKS_MAX: i64 = 100;
/// The maximum number of deliveries that one request replays.
pub const REPLAYED_MAX: i64 = 1_000;

/// An endpoint as lists show it: a row of `webhook` without the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Address to which events are sent.
    pub url: String,
    /// An administrator's note.
    pub description: String,
    /// Types of events that are sent; empty for all.
    pub event_types: EventTypes,
    /// Whether events are sent.
    pub enabled: bool,
    /// Reason for which none are sent.
    pub disable_reason: Option<DisableReason>,
    /// Time since which none are sent.
    pub disable_time: Option<Timestamp>,
    /// First failed attempt since the last one that succeeded; `None` if the last attempt succeeded.
    pub failing_since: Option<Timestamp>,
    /// End of the time in which the secret before the present one signs too.
    pub old_secret_until: Option<Timestamp>,
    /// Number of events that are queued and not delivered.
    pub undelivered: i64,
    /// Time at which the oldest of them was queued.
    pub oldest_undelivered_time: Option<Timestamp>,
    /// Time of creation.
    pub create_time: Timestamp,
}

/// The state of an endpoint as the sender needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// The events after this cursor are not queued yet.
    pub feed_cursor: String,
    /// Whether events are sent.
    pub is_enabled: bool,
    /// Whether it is deleted, and its deliveries are still to be deleted.
    pub is_deleted: bool,
    /// Number of events that are queued and not delivered.
    pub undelivered: i64,
    /// Time of the next attempt; `None` if nothing is queued.
    pub due_time: Option<Timestamp>,
}

/// A delivery as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Id of the delivery.
    pub delivery_id: DeliveryId,
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Id of the event.
    pub event_id: String,
    /// Type of the event.
    pub event_type: String,
    /// State of the delivery.
    pub status: DeliveryStatus,
    /// Number of attempts.
    pub attempts: i32,
    /// Time of the next attempt; `None` if there is none.
    pub next_attempt_time: Option<Timestamp>,
    /// Time at which it was delivered or has failed.
    pub end_time: Option<Timestamp>,
    /// Time at which it was queued.
    pub create_time: Timestamp,
    /// The latest attempts, newest first.
    pub latest_attempts: Vec<AttemptView>,
}

/// An attempt as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptView {
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// Status of the answer; `None` without an answer.
    pub status_code: Option<i32>,
    /// Duration of the attempt in milliseconds.
    pub duration_ms: i64,
    /// Reason for which the attempt failed.
    pub error: Option<String>,
    /// Beginning of the attempt.
    pub create_time: Timestamp,
}

/// Reasons for refusing to create an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateRefusal {
    /// The idempotency key was used for another request.
    KeyReused,
    /// There are [`WEBHOOKS_MAX`] endpoints.
    TooMany,
}

impl From<KeyReused> for CreateRefusal {
    fn from(_: KeyReused) -> Self {
        Self::KeyReused
    }
}

/// Creates an endpoint. A request that is repeated under its idempotency key creates nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<Webhook>, CreateRefusal>>")]
pub struct CreateWebhook {
    /// Id of the new endpoint.
    pub webhook_id: WebhookId,
    /// Address to which events are sent.
    pub url: WebhookUrl,
    /// An administrator's note.
    pub description: Description,
    /// Types of events that are sent.
    pub event_types: EventTypes,
    /// The encrypted secret.
    pub secret: String,
    /// The events after this cursor are sent.
    pub feed_cursor: String,
    /// The administrator's request.
    pub request: Request,
}

/// Changes an endpoint. What is `None` stays as it is. `None` if there is no such endpoint.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Webhook>>")]
pub struct ChangeWebhook {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// New address.
    pub url: Option<WebhookUrl>,
    /// New note.
    pub description: Option<Description>,
    /// New types of events. What is queued already stays queued.
    pub event_types: Option<EventTypes>,
    /// Whether events are sent. What happened meanwhile is sent after the endpoint is enabled.
    pub enabled: Option<bool>,
    /// The administrator's request.
    pub request: Request,
}

/// Replaces the secret of an endpoint. The one before signs too for a while. `None` if there is no such endpoint.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Webhook>>")]
pub struct RotateSecret {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// The new secret, encrypted.
    pub secret: String,
    /// How long the secret before it signs too.
    pub old_secret_for: Duration,
    /// The administrator's request.
    pub request: Request,
}

/// Deletes an endpoint. Nothing more is sent; its deliveries are deleted by [`Prune`]. False if there is no such endpoint.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<bool>")]
pub struct DeleteWebhook {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// The administrator's request.
    pub request: Request,
}

/// Reads endpoints, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Webhook>>")]
pub struct ListWebhooks {
    /// Filter: the endpoint with this id; `None` for all.
    pub webhook_id: Option<WebhookId>,
    /// Last endpoint of the previous page; only older ones are returned.
    pub before: Option<WebhookId>,
    /// Maximum number of endpoints.
    pub limit: i64,
}

/// Reads what the sender needs of all endpoints. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Sending>>")]
pub struct ListSending;

/// Lists the encrypted secrets of all endpoints, also those before the present ones. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<(WebhookId, String)>>")]
pub struct ListSecrets;

/// Replaces the text of a secret by another text of the same secret.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Reseal {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// The present text.
    pub old: String,
    /// The new text.
    pub new: String,
}

/// An event to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedEvent {
    /// Id of the event.
    pub event_id: String,
    /// Type of the event.
    pub event_type: String,
    /// The event as it is sent.
    pub body: String,
}

/// Queues a page of events for the endpoints that have read up to the same cursor, and moves their cursors forward. An
/// endpoint whose cursor has moved is left out: another node has queued the page. The outcome is the number of endpoints
/// whose cursors moved.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<usize>")]
pub struct QueueEvents {
    /// The endpoints.
    pub webhooks: Vec<WebhookId>,
    /// Their cursor.
    pub from: String,
    /// The cursor after the events.
    pub next: String,
    /// The events.
    pub events: Arc<Vec<QueuedEvent>>,
}

/// Queues an event for one endpoint, to try it, unless it is queued already. The outcome is the delivery; `None` if there is no such endpoint, or if it
/// is disabled.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Delivery>>")]
pub struct QueueTest {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Id of the new delivery.
    pub delivery_id: DeliveryId,
    /// The event.
    pub event: QueuedEvent,
    /// The administrator's request.
    pub request: Request,
}

/// Claims deliveries of an endpoint that are due, oldest first. None while the endpoint is disabled.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Claimed>>")]
pub struct ClaimDue {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Maximum number of deliveries.
    pub limit: i64,
    /// How long they are claimed.
    pub lease: Duration,
}

/// Deliveries that are claimed, and their endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Address to which they are sent.
    pub url: String,
    /// The encrypted secrets that sign: the present one first.
    pub secrets: Vec<String>,
    /// The deliveries.
    pub deliveries: Vec<ClaimedDelivery>,
}

/// A delivery that is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    /// Id of the delivery.
    pub delivery_id: DeliveryId,
    /// Id of the event.
    pub event_id: String,
    /// The body to send.
    pub body: String,
    /// Number of this attempt, from 1.
    pub attempt: i32,
}

/// Records an attempt, and what follows from it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Recorded>")]
pub struct RecordAttempt {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Id of the delivery.
    pub delivery_id: DeliveryId,
    /// Number of the attempt. It fences the outcome: a failure counts only if no later attempt has begun.
    pub attempt: i32,
    /// Beginning of the attempt.
    pub began: Timestamp,
    /// Duration of the attempt.
    pub duration: Duration,
    /// Status of the answer; 0 without one.
    pub status_code: i32,
    /// Reason for which it failed; `None` if the event is delivered.
    pub error: Option<String>,
    /// The delays before further attempts.
    pub schedule: Arc<Schedule>,
    /// An endpoint that has failed for this long is disabled.
    pub disable_after: Duration,
}

/// The consequences of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Whether no attempt follows.
    pub is_last: bool,
    /// Reason for which the endpoint was disabled just now.
    pub disabled: Option<DisableReason>,
}

/// Reads one page of the deliveries of an endpoint, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Delivery>>")]
pub struct ListDeliveries {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Filter: the state; `None` matches every delivery.
    pub status: Option<DeliveryStatus>,
    /// Last delivery of the previous page; only older ones are returned.
    pub before: Option<DeliveryId>,
    /// Maximum number of deliveries.
    pub limit: i64,
}

/// Sends a delivery again, as if it was queued now. `None` if there is no such delivery.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Delivery>>")]
pub struct Replay {
    /// Id of the delivery.
    pub delivery_id: DeliveryId,
    /// The administrator's request.
    pub request: Request,
}

/// Sends the failed deliveries of an endpoint again that were queued since a time, oldest first, up to [`REPLAYED_MAX`]. The
/// outcome is their number; `None` if there is no such endpoint.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<usize>>")]
pub struct ReplayFailed {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Time since which the deliveries were queued.
    pub since: Timestamp,
    /// The administrator's request.
    pub request: Request,
}

/// Deletes a step of the deliveries of an endpoint that have ended before a time, or all if it is deleted, and then the
/// endpoint itself. The outcome is the number of deleted rows.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<usize>")]
pub struct Prune {
    /// Id of the endpoint.
    pub webhook_id: WebhookId,
    /// Time before which deliveries must have ended.
    pub ended_before: Timestamp,
}
