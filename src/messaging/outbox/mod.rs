//! The outbox: outgoing messages as rows of `mq_producer`, written in the transaction of the change they report.

mod ack;
mod replay;
mod retention;
mod timeline;
mod undelivered;

use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use ack::{AckAndClaim, DeliveryOutcome};
pub use replay::{List, Replay, Replayed, Status, UndeliveredMessage};
pub use retention::{Backlog, Bound, BringForward, GroupBacklog, PRUNE_STEP, Prune, ReadBacklog, Reclaim};
pub use timeline::timeline;
pub use undelivered::undelivered;

use super::contract::Topic;
use crate::actor::Context;
use crate::db::schema::mq_producer;
use crate::db::{self, Db, insert_all};
use crate::domain::clock::Timestamp;
use crate::domain::id::OrderId;
use crate::domain::status::MessageStatus;

/// A message for one consumer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A UUIDv7.
    pub id: String,
    /// The consumer group.
    pub group: String,
    /// The topic, for example `order`.
    pub topic: String,
    /// The event within the topic, for example `paid`.
    pub tag: String,
    /// Id of the object the message is about, for example the order.
    pub key: String,
    /// The body, as JSON.
    pub body: String,
    /// Number of this delivery attempt, starting at 1. Earlier attempts with an unknown outcome are not counted.
    pub attempt: i32,
    /// Time since the message was written.
    pub age: Duration,
}

impl Message {
    /// The order that the message is about; `None` if its body names none.
    #[must_use]
    pub fn order_id(&self) -> Option<OrderId> {
        #[derive(Deserialize)]
        struct Body {
            order_id: OrderId,
        }
        serde_json::from_str(&self.body).ok().map(|Body { order_id }| order_id)
    }
}

#[derive(Insertable)]
#[diesel(table_name = mq_producer, treat_none_as_default_value = false)]
struct Row {
    id: String,
    group_name: &'static str,
    msg_topic: &'static str,
    msg_tag: &'static str,
    msg_key: String,
    msg_body: String,
    msg_status: MessageStatus,
    create_time: Timestamp,
    due_time: Timestamp,
    attempts: i32,
}

/// Writes `messages` (pairs of key and body) in the open transaction: one row per message and consumer group of
/// `topic`, due after `delay`.
///
/// # Errors
/// A database error, or a body that cannot be serialised as JSON.
pub fn write<K: std::fmt::Display, B: Serialize>(
    db: &mut Db,
    context: &Context,
    topic: Topic,
    delay: Duration,
    messages: &[(K, B)],
) -> db::Result<()> {
    let now = context.clock.now();
    let mut rows = Vec::with_capacity(messages.len() * topic.groups.len());
    for (key, body) in messages {
        let body = serde_json::to_string(body).map_err(|error| db::Error::bug(error.to_string()))?;
        rows.extend(topic.groups.iter().map(|group| Row {
            id: Uuid::now_v7().to_string(),
            group_name: group,
            msg_topic: topic.topic,
            msg_tag: topic.tag,
            msg_key: key.to_string(),
            msg_body: body.clone(),
            msg_status: MessageStatus::Pending,
            create_time: now,
            due_time: now.plus(delay),
            attempts: 0,
        }));
    }
    insert_all!(db, mq_producer::table, &rows)?;
    context.relay_waker.mark();
    Ok(())
}
