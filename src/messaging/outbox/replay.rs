//! Messages as an operator sees them, and trying again what was given up.

use actix::Message as Sendable;
use diesel::prelude::*;
use serde::Serialize;

use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::MessageStatus;

/// A message that is not delivered; from a row of `mq_producer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndeliveredMessage {
    /// A UUIDv7.
    pub id: String,
    /// Whose outbox it is in.
    pub producer: &'static str,
    /// The consumer group.
    pub group: String,
    /// What it is about.
    pub topic: String,
    /// What happened.
    pub tag: String,
    /// The id of what it happened to.
    pub key: String,
    /// Whether it is dead.
    pub status: Status,
    /// Attempts until now.
    pub attempts: i32,
    /// When it was written.
    pub create_time: Timestamp,
    /// When it is due, or since when it is dead.
    pub due_time: Timestamp,
    /// What went wrong last.
    pub remark: Option<String>,
}

/// The state of a message that is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It will be tried.
    Pending,
    /// It was given up.
    Dead,
}

/// One page of messages that are not delivered, newest first, those with a smaller id than `before`.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<Vec<UndeliveredMessage>>")]
pub struct List {
    /// In which state; both, where nothing is said.
    pub status: Option<Status>,
    /// Where the last page ended.
    pub before: Option<String>,
    /// At most so many.
    pub limit: i64,
}

type Row = (String, String, String, String, String, MessageStatus, i32, Timestamp, Timestamp, Option<String>);

impl<O: Owner> Task<O> for List {
    type Outcome = Vec<UndeliveredMessage>;
    const ACCESS: Access = Access::Read;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_producer::dsl;
        let page = |task: &Self| {
            let wanted = match task.status {
                None => vec![MessageStatus::Pending, MessageStatus::Dead],
                Some(Status::Pending) => vec![MessageStatus::Pending],
                Some(Status::Dead) => vec![MessageStatus::Dead],
            };
            // No id is larger: they are hexadecimal.
            let before = task.before.clone().unwrap_or_else(|| "g".to_owned());
            let older = dsl::mq_producer
                .filter(dsl::msg_status.eq_any(wanted).and(dsl::id.lt(before)))
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
                ));
            let rows: Vec<Row> = with_conn!(db, older.load(db))?;
            let stored = |(id, group, topic, tag, key, status, attempts, create_time, due_time, remark): Row| {
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
                }
            };
            Ok(rows.into_iter().map(stored).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Makes a message due now, its attempts counted anew; `None` where it is not in this outbox. Its consumer still knows it
/// by its id: an effect it had is not had again.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<Option<Replayed>>")]
pub struct Replay {
    /// Which.
    pub id: String,
}

/// What became of a [`Replay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    /// It is due now.
    Replayed,
    /// It was delivered, and is left alone.
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
            // One that is pending may be on its way at this moment: only its time is moved, for its consumer knows it twice.
            let row = dsl::mq_producer.find(&task.id);
            let due = (dsl::msg_status.eq(MessageStatus::Pending), dsl::due_time.eq(now), dsl::attempts.eq(0));
            db::expect_rows(with_conn!(db, diesel::update(row).set(due).execute(db))?, 1)?;
            owner.context().relay_waker.mark();
            Ok(Some(Replayed::Replayed))
        };
        batch.iter().map(replay).collect()
    }
}
