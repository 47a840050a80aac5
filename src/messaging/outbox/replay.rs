//! Operator access to an outbox: listing undelivered messages and replaying them.

use actix::Message as Sendable;
use diesel::prelude::*;
use serde::Serialize;

use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::MessageStatus;

/// An undelivered message: a row of `mq_producer` without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndeliveredMessage {
    /// A UUIDv7.
    pub id: String,
    /// Name of the owner of the outbox.
    pub producer: &'static str,
    /// The consumer group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The event within the topic.
    pub tag: String,
    /// Id of the object the message is about, for example the order.
    pub key: String,
    /// State of the delivery.
    pub status: Status,
    /// Number of attempts so far.
    pub attempts: i32,
    /// Time the message was written.
    pub create_time: Timestamp,
    /// Time the message is due; for a dead letter, the time it became one.
    pub due_time: Timestamp,
    /// Reason of the most recent failure; `None` if no attempt has failed.
    pub remark: Option<String>,
    /// The body, as it is stored: a JSON object.
    pub body: String,
}

/// State of an undelivered message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Another attempt will be made.
    Pending,
    /// The message is a dead letter: no more attempts are made.
    Dead,
}

/// Lists one page of undelivered messages, newest first.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<Vec<UndeliveredMessage>>")]
pub struct List {
    /// Only messages in this state; `None` for all.
    pub status: Option<Status>,
    /// Only messages with a smaller id, that is, older ones: the last id of the previous page. `None` for the first
    /// page.
    pub before: Option<String>,
    /// Maximum number of messages.
    pub limit: i64,
}

type Row = (String, String, String, String, String, MessageStatus, i32, Timestamp, Timestamp, Option<String>, String);

impl<O: Owner> Task<O> for List {
    type Outcome = Vec<UndeliveredMessage>;
    const ACCESS: Access = Access::Report;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_producer::dsl;
        let page = |task: &Self| {
            let statuses = match task.status {
                None => vec![MessageStatus::Pending, MessageStatus::Dead],
                Some(Status::Pending) => vec![MessageStatus::Pending],
                Some(Status::Dead) => vec![MessageStatus::Dead],
            };
            // "g" is larger than every id, because ids are hexadecimal.
            let before = task.before.clone().unwrap_or_else(|| "g".to_owned());
            let query = dsl::mq_producer
                .filter(dsl::msg_status.eq_any(statuses).and(dsl::id.lt(before)))
                .order(dsl::id.desc())
                .limit(task.limit)
                .select((
                    dsl::id,
                    dsl::group_name,
                    dsl::msg_topic,
                    dsl::msg_tag,
                    dsl::msg_key,
                    dsl::msg_status,
                    dsl::attempts,
                    dsl::create_time,
                    dsl::due_time,
                    dsl::remark,
                    dsl::msg_body,
                ));
            let rows: Vec<Row> = with_conn!(db, query.load(db))?;
            let to_message =
                |(id, group, topic, tag, key, status, attempts, create_time, due_time, remark, body): Row| {
                    UndeliveredMessage {
                        id,
                        producer: O::NAME,
                        group,
                        topic,
                        tag,
                        key,
                        status: if status == MessageStatus::Dead { Status::Dead } else { Status::Pending },
                        attempts,
                        create_time,
                        due_time,
                        remark,
                        body,
                    }
                };
            Ok(rows.into_iter().map(to_message).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Makes a message due now and resets its attempts to 0. Replies `None` if the message is not in this outbox. The
/// consumer recognises the message by its id, so an effect that was already committed is not repeated.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<Option<Replayed>>")]
pub struct Replay {
    /// Id of the message.
    pub id: String,
}

/// Result of a [`Replay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    /// The message is due now.
    Replayed,
    /// The message was already delivered and is unchanged.
    AlreadyDone,
}

impl<O: Owner> Task<O> for Replay {
    type Outcome = Option<Replayed>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::New;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_producer::dsl;
        let now = owner.context().clock.now();
        let replay = |task: &Self| {
            let row = for_update(dsl::mq_producer.find(&task.id).select(dsl::msg_status));
            let status: Option<MessageStatus> = with_conn!(db, row.get_result(db)).optional()?;
            let Some(status) = status else { return Ok(None) };
            if status == MessageStatus::Done {
                return Ok(Some(Replayed::AlreadyDone));
            }
            // A pending message may be in delivery right now. A second delivery is harmless, because the inbox
            // recognises it.
            let row = dsl::mq_producer.find(&task.id);
            let due = (dsl::msg_status.eq(MessageStatus::Pending), dsl::due_time.eq(now), dsl::attempts.eq(0));
            db::expect_rows(with_conn!(db, diesel::update(row).set(due).execute(db))?, 1)?;
            owner.context().relay_waker.mark();
            Ok(Some(Replayed::Replayed))
        };
        batch.iter().map(replay).collect()
    }
}
