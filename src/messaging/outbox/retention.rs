//! Housekeeping of an outbox: reading its backlog, releasing abandoned claims, deleting delivered messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::Message as Sendable;
use diesel::prelude::*;

use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::status::MessageStatus;

/// Maximum number of rows that one step of housekeeping changes. It shares its batch with other work, which must not wait.
pub const STEP: i64 = 500;

/// Releases abandoned claims: messages that were claimed but never acknowledged become due at once, up to [`STEP`] of
/// them. Replies with whether there may be more.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<bool>")]
pub struct Reclaim {
    /// The nodes that serve their claims.
    pub serving: Arc<[i32]>,
}

impl<O: Owner> Task<O> for Reclaim {
    type Outcome = bool;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<bool>> {
        use mq_producer::dsl;
        let now = owner.context().clock.now();
        let release = |task: &Self| {
            let claimed = dsl::msg_status.eq(MessageStatus::Pending).and(dsl::due_time.gt(now));
            let unserved = claimed.and(dsl::node_id.is_not_null()).and(dsl::node_id.ne_all(task.serving.to_vec()));
            let unserved = dsl::mq_producer.filter(unserved).order((dsl::due_time, dsl::id));
            let ids: Vec<String> = with_conn!(db, skip_locked(unserved.limit(STEP).select(dsl::id)).load(db))?;
            if !ids.is_empty() {
                let rows = diesel::update(dsl::mq_producer.filter(any_of(dsl::id, &ids)));
                let values = (dsl::due_time.eq(now), dsl::node_id.eq(None::<i32>));
                with_conn!(db, rows.set(values).execute(db))?;
            }
            Ok(i64::try_from(ids.len()).is_ok_and(|rows| rows == STEP))
        };
        batch.iter().map(release).collect()
    }
}

/// The undelivered messages of an outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Number of pending messages.
    pub pending: i64,
    /// Creation time of the oldest pending message; `None` if there is none.
    pub oldest: Option<Timestamp>,
    /// Number of dead letters.
    pub dead: i64,
    /// The undelivered messages of each consumer group that has any, by its name.
    pub groups: BTreeMap<String, GroupBacklog>,
    /// The consumer groups that have messages due now.
    pub due: Vec<String>,
    /// Number of pending messages that are due later than the settings allow.
    pub ahead: i64,
}

/// The undelivered messages of one consumer group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupBacklog {
    /// Number of pending messages.
    pub pending: i64,
    /// Creation time of the oldest pending message; `None` if there is none.
    pub oldest: Option<Timestamp>,
    /// Number of dead letters.
    pub dead: i64,
}

/// Reads the [`Backlog`].
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<Backlog>")]
pub struct ReadBacklog(pub Bound);

/// How far ahead the next attempt of a message in an outbox can be.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// The horizon of the next attempt.
    pub horizon: Horizon,
    /// Whether messages can be written with a delay of any length. Then the first attempt has no horizon, unless the
    /// message was written in the future, that is, before the clock was set back.
    pub is_delayable: bool,
}

/// Condition that a message is pending and due later than `bound` allows. Evaluated on the index of the due times.
macro_rules! ahead {
    ($bound:expr, $now:expr) => {{
        use mq_producer::dsl;
        let (bound, now): (Bound, Timestamp) = ($bound, $now);
        let earliest_written = if bound.is_delayable { now } else { Timestamp(i64::MIN) };
        dsl::msg_status
            .eq(MessageStatus::Pending)
            .and(dsl::due_time.gt(bound.horizon.latest(now)))
            .and(dsl::attempts.gt(0).or(dsl::create_time.gt(earliest_written)))
    }};
}

/// Makes messages due now that are due later than the settings allow.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct BringForward(pub Bound);

impl<O: Owner> Task<O> for BringForward {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_producer::dsl;
        let now = owner.context().clock.now();
        for Self(bound) in batch {
            let ahead = dsl::mq_producer.filter(ahead!(*bound, now)).order((dsl::due_time, dsl::id));
            let ids: Vec<String> = with_conn!(db, skip_locked(ahead.limit(STEP).select(dsl::id)).load(db))?;
            if !ids.is_empty() {
                tracing::warn!(
                    producer = O::NAME,
                    messages = ids.len(),
                    "messages were due later than relay.lease and relay.backoff allow: a setting was lowered, or the \
                     clock set back; they are due now"
                );
                let rows = dsl::mq_producer.filter(any_of(dsl::id, &ids));
                with_conn!(db, diesel::update(rows).set(dsl::due_time.eq(now)).execute(db))?;
            }
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}

impl<O: Owner> Task<O> for ReadBacklog {
    type Outcome = Backlog;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Backlog>> {
        use mq_producer::dsl;
        let now = owner.context().clock.now();
        let Some(Self(bound)) = batch.first() else { return Ok(Vec::new()) };
        let ahead = dsl::mq_producer.filter(ahead!(*bound, now)).count();
        let pending = dsl::mq_producer.filter(dsl::msg_status.eq(MessageStatus::Pending));
        let groups = groups(db)?;
        let backlog = Backlog {
            pending: groups.values().map(|group| group.pending).sum(),
            oldest: groups.values().filter_map(|group| group.oldest).min(),
            dead: groups.values().map(|group| group.dead).sum(),
            groups,
            due: with_conn!(db, pending.filter(dsl::due_time.le(now)).select(dsl::group_name).distinct().load(db))?,
            ahead: with_conn!(db, ahead.get_result(db))?,
        };
        Ok(vec![backlog; batch.len()])
    }
}

/// Counts the undelivered messages by consumer group, on the index of their states.
fn groups(db: &mut Db) -> db::Result<BTreeMap<String, GroupBacklog>> {
    use mq_producer::dsl;
    let of = |status: MessageStatus| {
        let counted = (dsl::group_name, diesel::dsl::count_star(), diesel::dsl::min(dsl::create_time));
        dsl::mq_producer.filter(dsl::msg_status.eq(status)).group_by(dsl::group_name).select(counted)
    };
    let pending: Vec<(String, i64, Option<i64>)> = with_conn!(db, of(MessageStatus::Pending).load(db))?;
    let dead: Vec<(String, i64, Option<i64>)> = with_conn!(db, of(MessageStatus::Dead).load(db))?;
    let mut groups: BTreeMap<String, GroupBacklog> = BTreeMap::new();
    for (name, pending, oldest) in pending {
        groups.insert(name, GroupBacklog { pending, oldest: oldest.map(Timestamp), dead: 0 });
    }
    for (name, dead, _) in dead {
        groups.entry(name).or_default().dead = dead;
    }
    Ok(groups)
}

/// Deletes up to [`STEP`] messages that were delivered before a point in time, the oldest first. Replies with the
/// point in time from which to continue, or `None` if no message is left.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<Option<Timestamp>>")]
pub struct Prune {
    /// The point in time to begin at, inclusive: the reply of the previous step. The index still contains what was
    /// deleted lately, and a step need not read it again.
    pub from: Timestamp,
    /// The point in time, exclusive.
    pub before: Timestamp,
}

impl<O: Owner> Task<O> for Prune {
    type Outcome = Option<Timestamp>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_producer::dsl;
        let prune = |task: &Self| {
            let expired = dsl::mq_producer
                .filter(dsl::msg_status.eq(MessageStatus::Done))
                .filter(dsl::due_time.ge(task.from).and(dsl::due_time.lt(task.before)))
                .order(dsl::due_time)
                .limit(STEP)
                .select((dsl::id, dsl::due_time));
            let expired: Vec<(String, Timestamp)> = with_conn!(db, expired.load(db))?;
            if expired.is_empty() {
                return Ok(None);
            }
            let ids: Vec<&str> = expired.iter().map(|(id, _)| id.as_str()).collect();
            with_conn!(db, diesel::delete(dsl::mq_producer.filter(any_of(dsl::id, &ids))).execute(db))?;
            let is_full = i64::try_from(expired.len()).is_ok_and(|rows| rows == STEP);
            Ok(expired.last().filter(|_| is_full).map(|(_, done)| *done))
        };
        batch.iter().map(prune).collect()
    }
}
