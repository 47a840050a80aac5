//! The messages about the notifications of platforms.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::domain::provider::Provider;
use crate::gateway::Notification;
use crate::pay::error::Rejected;

/// Stores a notification whose signature is valid, judges it by the stored payment and applies its effect, in one
/// transaction.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Notified>")]
pub struct Notify {
    /// Platform that sent the notification.
    pub provider: Provider,
    /// The parsed notification.
    pub notification: Notification,
    /// Body of the request as it was received; UTF-8.
    pub body: String,
}

/// The outcome of [`Notify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notified {
    /// The order of the payment; `None` if the notification names no payment of ours.
    pub order_id: Option<OrderId>,
    /// `Ok` if the platform need not send the notification again, also for a duplicate.
    pub verdict: Result<(), Rejected>,
}

/// Reads one page of rejected notifications, newest first. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<ParkedNotification>>")]
pub struct ListParkedNotifications {
    /// Last notification of the previous page: its time, platform and event. `None` for the first page.
    pub before: Option<(Timestamp, (String, String))>,
    /// Maximum number of notifications.
    pub limit: i64,
}

/// A rejected notification whose signature is valid: a row of `pay_notice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct ParkedNotification {
    /// Name of the platform.
    pub provider: String,
    /// The platform's id of the event.
    pub event_id: String,
    /// Payment that the notification names; `None` if its number is not a payment id.
    pub pay_id: Option<PayId>,
    /// Reason for the rejection.
    pub reason: Option<String>,
    /// Number of deliveries.
    pub times: i32,
    /// Time of the first delivery.
    pub create_time: Timestamp,
    /// Body of the last delivery.
    pub body: String,
}

/// Reads the notifications of a payment, believed or not, oldest first, at most 100. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<StoredNotification>>")]
pub struct ListNotifications {
    /// Id of the payment.
    pub pay_id: PayId,
}

/// A notification of a payment: a row of `pay_notice`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct StoredNotification {
    /// The platform's id of the event.
    pub event_id: String,
    /// Reason for the rejection; `None` if it was believed.
    pub reason: Option<String>,
    /// Number of deliveries.
    pub times: i32,
    /// Time of the first delivery.
    pub create_time: Timestamp,
    /// Body of the last delivery.
    pub body: String,
}
