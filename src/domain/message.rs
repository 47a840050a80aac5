//! A message from one owner to a consumer group, as its outbox stores it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::id::OrderId;

/// A message for one consumer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A UUIDv7.
    pub id: String,
    /// The consumer group.
    pub group: Cow<'static, str>,
    /// The topic, for example `order`.
    pub topic: Cow<'static, str>,
    /// The event within the topic, for example `paid`.
    pub tag: Cow<'static, str>,
    /// Id of the object the message is about, for example the order. The messages for all groups share it, and the body.
    pub key: Arc<str>,
    /// The body, as JSON.
    pub body: Arc<str>,
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
