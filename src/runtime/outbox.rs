//! Messages on their way: rows of `mq_producer`, written in the transaction of the change they tell of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Message as Sendable, Recipient};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{Access, Door, Kit, Owner, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, ROWS_PER_INSERT};
use crate::domain::clock::Timestamp;

const PENDING: i32 = 0;
const DONE: i32 = 1;
const DEAD: i32 = 2;

/// Who gets a kind of message: one row per group and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// What it is about.
    pub topic: &'static str,
    /// What happened.
    pub tag: &'static str,
    /// The consumer groups, each of which gets its own row.
    pub groups: &'static [&'static str],
}

/// A message for one consumer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A UUIDv7.
    pub id: String,
    /// The consumer group.
    pub group: String,
    /// What it is about.
    pub topic: String,
    /// What happened.
    pub tag: String,
    /// The id of what it happened to.
    pub key: String,
    /// JSON.
    pub body: String,
    /// Which attempt this is, 1 for the first.
    pub attempt: i32,
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
    msg_status: i32,
    create_time: Timestamp,
    due_time: Timestamp,
    attempts: i32,
}

/// Writes messages in the transaction that is open: for each, one row per group of `topic`, due after `delay`.
///
/// # Errors
/// A database error, or a body that cannot be written as JSON.
pub fn write<K: std::fmt::Display, B: Serialize>(
    db: &mut Db,
    kit: &Kit,
    topic: Topic,
    delay: Duration,
    messages: &[(K, B)],
) -> db::Result<()> {
    let now = kit.clock.now();
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
            msg_status: PENDING,
            create_time: now,
            due_time: now.plus(delay),
            attempts: 0,
        }));
    }
    db::insert_all(&rows, |rows| diesel::insert_into(mq_producer::table).values(rows).execute(db))?;
    kit.nudge.mark();
    Ok(())
}

/// Tells the relay of a producer that messages were written. A hint: the relay also polls.
#[derive(Debug, Clone, Default)]
pub struct Nudge {
    inner: Arc<NudgeInner>,
}

#[derive(Debug, Default)]
struct NudgeInner {
    dirty: AtomicBool,
    relay: OnceLock<Recipient<super::relay::Wake>>,
}

impl Nudge {
    /// From now on `relay` is woken.
    pub fn connect(&self, relay: Recipient<super::relay::Wake>) {
        drop(self.inner.relay.set(relay));
    }

    fn mark(&self) {
        self.inner.dirty.store(true, Ordering::Relaxed);
    }

    /// Wakes the relay where messages were written since the last call: for after COMMIT.
    pub fn send(&self, producer: &'static str) {
        if self.inner.dirty.swap(false, Ordering::Relaxed)
            && let Some(relay) = self.inner.relay.get()
        {
            relay.do_send(super::relay::Wake { producer });
        }
    }
}

/// How one delivery ended.
#[derive(Debug, Clone)]
pub enum Ended {
    /// The effect is committed.
    Done,
    /// To be tried again after this delay, for this reason.
    Again(Duration, String),
    /// Parked, for this reason.
    Dead(String),
}

/// One turn of the relay with one consumer group: settles what the last turn delivered and claims what is due.
///
/// A claim counts the attempt before it is made and holds the message for `lease`: if this process dies, the message
/// is due again after that.
#[derive(Debug, Sendable)]
#[rtype(result = "Reply<Vec<Message>>")]
pub struct Turn {
    /// The consumer group.
    pub group: &'static str,
    /// Message ids and how they ended.
    pub settled: Vec<(String, Ended)>,
    /// Claim at most so many.
    pub limit: i64,
    /// Hold them so long.
    pub lease: Duration,
}

impl<O: Owner> Task<O> for Turn {
    type Outcome = Vec<Message>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Message>>> {
        let kit = owner.kit();
        batch
            .iter()
            .map(|turn| {
                settle(db, kit, &turn.settled)?;
                claim(db, kit, turn)
            })
            .collect()
    }
}

fn settle(db: &mut Db, kit: &Kit, settled: &[(String, Ended)]) -> db::Result<()> {
    use mq_producer::dsl;
    let now = kit.clock.now();
    let done: Vec<&str> =
        settled.iter().filter(|(_, ended)| matches!(ended, Ended::Done)).map(|(id, _)| id.as_str()).collect();
    for done in done.chunks(ROWS_PER_INSERT) {
        diesel::update(dsl::mq_producer.filter(dsl::id.eq_any(done)))
            .set((dsl::msg_status.eq(DONE), dsl::done_time.eq(Some(now)), dsl::remark.eq(None::<String>)))
            .execute(db)?;
    }
    for (id, ended) in settled {
        let row = dsl::mq_producer.find(id);
        match ended {
            Ended::Done => 0,
            Ended::Again(delay, why) => diesel::update(row)
                .set((dsl::due_time.eq(now.plus(*delay)), dsl::remark.eq(Some(shortened(why)))))
                .execute(db)?,
            Ended::Dead(why) => diesel::update(row)
                .set((dsl::msg_status.eq(DEAD), dsl::done_time.eq(Some(now)), dsl::remark.eq(Some(shortened(why)))))
                .execute(db)?,
        };
    }
    Ok(())
}

/// A reason that fits its column.
fn shortened(why: &str) -> String {
    why.chars().take(500).collect()
}

fn claim(db: &mut Db, kit: &Kit, turn: &Turn) -> db::Result<Vec<Message>> {
    use mq_producer::dsl;
    let now = kit.clock.now();
    if turn.limit == 0 {
        return Ok(Vec::new());
    }
    let due: Vec<(String, String, String, String, String, String, i32)> = dsl::mq_producer
        .filter(dsl::msg_status.eq(PENDING).and(dsl::due_time.le(now)).and(dsl::group_name.eq(turn.group)))
        .order((dsl::due_time, dsl::id))
        .limit(turn.limit)
        .select((dsl::id, dsl::group_name, dsl::msg_topic, dsl::msg_tag, dsl::msg_key, dsl::msg_body, dsl::attempts))
        .load(db)?;
    let claimed: Vec<Message> = due
        .into_iter()
        .map(|(id, group, topic, tag, key, body, attempts)| Message {
            id,
            group,
            topic,
            tag,
            key,
            body,
            attempt: attempts.saturating_add(1),
        })
        .collect();
    let ids: Vec<&str> = claimed.iter().map(|message| message.id.as_str()).collect();
    for ids in ids.chunks(ROWS_PER_INSERT) {
        diesel::update(dsl::mq_producer.filter(dsl::id.eq_any(ids)))
            .set((
                dsl::attempts.eq(dsl::attempts + 1),
                dsl::due_time.eq(now.plus(turn.lease)),
                dsl::node_id.eq(Some(kit.node.get())),
            ))
            .execute(db)?;
    }
    Ok(claimed)
}

/// Makes due at once what this node had claimed in an earlier life and never settled.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Reclaim;

impl<O: Owner> Task<O> for Reclaim {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_producer::dsl;
        let kit = owner.kit();
        let ours = dsl::msg_status.eq(PENDING).and(dsl::node_id.eq(Some(kit.node.get())));
        diesel::update(dsl::mq_producer.filter(ours))
            .set((dsl::due_time.eq(kit.clock.now()), dsl::node_id.eq(None::<i32>)))
            .execute(db)?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// What waits in an outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages not delivered yet.
    pub pending: i64,
    /// When the oldest of them was written.
    pub oldest: Option<Timestamp>,
    /// Messages given up.
    pub dead: i64,
    /// The groups that have messages due now.
    pub due: Vec<String>,
}

/// Asks for the [`Backlog`].
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<Backlog>")]
pub struct Look;

impl<O: Owner> Task<O> for Look {
    type Outcome = Backlog;
    const ACCESS: Access = Access::Read;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Backlog>> {
        use mq_producer::dsl;
        let pending = dsl::mq_producer.filter(dsl::msg_status.eq(PENDING));
        let backlog = Backlog {
            pending: pending.count().get_result(db)?,
            oldest: pending.select(diesel::dsl::min(dsl::create_time)).get_result::<Option<i64>>(db)?.map(Timestamp),
            dead: dsl::mq_producer.filter(dsl::msg_status.eq(DEAD)).count().get_result(db)?,
            due: pending
                .filter(dsl::due_time.le(owner.kit().clock.now()))
                .select(dsl::group_name)
                .distinct()
                .load(db)?,
        };
        Ok(vec![backlog; batch.len()])
    }
}

/// Forgets what was delivered before this moment.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Prune {
    /// The moment.
    pub before: Timestamp,
}

impl<O: Owner> Task<O> for Prune {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_producer::dsl;
        for prune in batch {
            let old = dsl::msg_status.eq(DONE).and(dsl::done_time.lt(Some(prune.before)));
            diesel::delete(dsl::mq_producer.filter(old)).execute(db)?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}
