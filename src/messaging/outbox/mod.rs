//! The outbox: outgoing messages as rows of `mq_producer`, written in the transaction of the change they report.

mod ack;
mod replay;
mod retention;
mod timeline;
mod undelivered;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

pub use ack::{AckAndClaim, DeliveryOutcome};
pub use replay::{List, Replay, Replayed, Status, UndeliveredMessage};
pub use retention::{Backlog, Bound, BringForward, GroupBacklog, Prune, ReadBacklog, Reclaim, STEP};
pub use timeline::timeline;
pub use undelivered::undelivered;

use super::contract::Topic;
use crate::actor::Context;
use crate::db::schema::mq_producer;
use crate::db::{self, Db, insert_all};
use crate::domain::clock::Timestamp;
pub use crate::domain::message::Message;
use crate::domain::status::MessageStatus;

#[derive(Insertable)]
#[diesel(table_name = mq_producer, treat_none_as_default_value = false)]
struct Row<'a> {
    id: &'a str,
    group_name: &'a str,
    msg_topic: &'a str,
    msg_tag: &'a str,
    msg_key: &'a str,
    msg_body: &'a str,
    msg_status: MessageStatus,
    create_time: Timestamp,
    due_time: Timestamp,
    attempts: i32,
    node_id: Option<i32>,
}

/// Writes `messages` (pairs of key and body) in the open transaction: one row per message and consumer group of
/// `topic`, due after `delay`.
///
/// A message without a delay is written with its first claim, for the relay of this process, which gets it after the
/// commit without reading it. If the process ends before that, the message is due when the claim ends. If the relay has
/// fallen behind, the message is written without a claim.
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
    // The relay need not be woken.
    if messages.is_empty() {
        return Ok(());
    }
    let (now, waker) = (context.clock.now(), &context.relay_waker);
    let lease = |group: &&'static str| if delay.is_zero() { waker.lease(group) } else { None };
    let leases: Vec<Option<Duration>> = topic.groups.iter().map(lease).collect();
    let mut written = Vec::with_capacity(messages.len() * topic.groups.len());
    for (key, body) in messages {
        let key: Arc<str> = key.to_string().into();
        let body: Arc<str> = serde_json::to_string(body).map_err(|error| db::Error::bug(error.to_string()))?.into();
        let groups = topic.groups.iter().zip(&leases);
        written.extend(groups.map(|(group, lease)| (message(topic, group, &key, &body), *lease)));
    }
    let rows: Vec<Row<'_>> = written
        .iter()
        .map(|(message, lease)| Row {
            id: &message.id,
            group_name: &message.group,
            msg_topic: &message.topic,
            msg_tag: &message.tag,
            msg_key: &message.key,
            msg_body: &message.body,
            msg_status: MessageStatus::Pending,
            create_time: now,
            due_time: now.plus(lease.unwrap_or(delay)),
            attempts: i32::from(lease.is_some()),
            node_id: lease.map(|_| context.node.get()),
        })
        .collect();
    insert_all!(db, mq_producer::table, &rows)?;
    if leases.contains(&None) {
        waker.mark();
    }
    let is_claimed = |(_, lease): &(Message, Option<Duration>)| lease.is_some();
    let claimed: Vec<Message> = written.into_iter().filter(is_claimed).map(|(message, _)| message).collect();
    let waker = waker.clone();
    db.after_commit(move || claimed.into_iter().for_each(|message| waker.hand_over(message, now)));
    Ok(())
}

/// A new message in its first attempt.
fn message(topic: Topic, group: &'static str, key: &Arc<str>, body: &Arc<str>) -> Message {
    Message {
        id: Uuid::now_v7().to_string(),
        group: group.into(),
        topic: topic.topic.into(),
        tag: topic.tag.into(),
        key: Arc::clone(key),
        body: Arc::clone(body),
        attempt: 1,
        age: Duration::ZERO,
    }
}
