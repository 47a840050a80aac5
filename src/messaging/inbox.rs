//! The inbox: processed messages as rows of `mq_consumer`, written in the transaction of the message's effect. Delivery
//! is at least once, the effect exactly once.

use std::collections::{HashMap, HashSet};

use actix::Message as Sendable;
use diesel::prelude::*;

use super::outbox::{Message, STEP};
use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_consumer;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::ConsumerStatus;

/// An owner that consumes messages of other owners.
pub trait Consumer: Owner {
    /// Applies the effects of `unprocessed` in the open transaction. Returns one result per message, in the same order.
    /// An `Err` carries the reason why the message could not be processed; it will be retried.
    ///
    /// # Errors
    /// A database error rolls back the whole batch.
    fn consume(&self, unprocessed: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>>;
}

/// Parses the bodies of `messages`. Returns one result per message, in the same order; an `Err` carries the reason.
pub fn parse_bodies<B: serde::de::DeserializeOwned>(messages: &[&Message]) -> Vec<Result<B, String>> {
    messages.iter().map(|message| serde_json::from_str(&message.body).map_err(|error| error.to_string())).collect()
}

/// Delivers a message to its consumer. Replies `Ok` if its effect is committed, now or earlier; `Err` carries the
/// reason why it is not.
#[derive(Debug, Clone, Sendable)]
#[rtype(result = "Reply<Result<(), String>>")]
pub struct Delivery(pub Message);

#[derive(Insertable)]
#[diesel(table_name = mq_consumer, treat_none_as_default_value = false)]
struct Row<'a> {
    msg_id: &'a str,
    group_name: &'a str,
    msg_tag: &'a str,
    msg_key: &'a str,
    msg_body: &'a str,
    consumer_status: ConsumerStatus,
    consumer_times: i32,
    consumer_timestamp: Timestamp,
}

/// The columns that identify a message in an inbox.
fn key(message: &Message) -> (&str, &str) {
    (&message.id, &message.group)
}

impl<O: Consumer> Task<O> for Delivery {
    type Outcome = Result<(), String>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_consumer::dsl;
        let ids: Vec<&str> = batch.iter().map(|delivery| delivery.0.id.as_str()).collect();
        let consumed: Vec<(String, String)> = db::load_by(&ids, |ids| {
            with_conn!(
                db,
                dsl::mq_consumer.filter(any_of(dsl::msg_id, ids)).select((dsl::msg_id, dsl::group_name)).load(db)
            )
        })?;
        let consumed: HashSet<(&str, &str)> =
            consumed.iter().map(|(id, group)| (id.as_str(), group.as_str())).collect();
        let processed: Vec<bool> = batch.iter().map(|Delivery(message)| consumed.contains(&key(message))).collect();
        // A message that occurs twice in a batch is consumed once, and both deliveries have its outcome.
        let mut seen = HashSet::new();
        let unprocessed: Vec<&Message> = batch
            .iter()
            .zip(&processed)
            .filter(|(Delivery(message), is_processed)| !**is_processed && seen.insert(key(message)))
            .map(|(delivery, _)| &delivery.0)
            .collect();
        let effects = if unprocessed.is_empty() { Vec::new() } else { owner.consume(&unprocessed, db)? };
        let now = owner.context().clock.now();
        let rows: Vec<Row<'_>> = unprocessed
            .iter()
            .zip(&effects)
            .filter(|(_, effect)| effect.is_ok())
            .map(|(message, _)| Row {
                msg_id: &message.id,
                group_name: &message.group,
                msg_tag: &message.tag,
                msg_key: &message.key,
                // The outbox has it. Nothing reads this one.
                msg_body: "",
                consumer_status: ConsumerStatus::Done,
                consumer_times: message.attempt,
                consumer_timestamp: now,
            })
            .collect();
        insert_all!(db, mq_consumer::table, &rows)?;
        let keys = unprocessed.iter().map(|message| key(message));
        let effects: HashMap<(&str, &str), Result<(), String>> = keys.zip(effects).collect();
        let missing = || Err("the consumer gave no answer".to_owned());
        let outcome = |(Delivery(message), is_processed): (&Self, &bool)| {
            let effect = || effects.get(&key(message)).cloned();
            if *is_processed { Ok(()) } else { effect().unwrap_or_else(missing) }
        };
        Ok(batch.iter().zip(&processed).map(outcome).collect())
    }
}

/// Deletes up to [`STEP`] entries of messages that were processed before a point in time, the oldest first.
/// Replies with the point in time from which to continue, or `None` if no entry is left.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<Option<Timestamp>>")]
pub struct Prune {
    /// The point in time to begin at, inclusive: the reply of the previous step.
    pub from: Timestamp,
    /// The point in time, exclusive.
    pub before: Timestamp,
}

impl<O: Consumer> Task<O> for Prune {
    type Outcome = Option<Timestamp>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_consumer::dsl;
        let prune = |task: &Self| {
            let expired = dsl::mq_consumer
                .filter(dsl::consumer_timestamp.ge(task.from).and(dsl::consumer_timestamp.lt(task.before)))
                .filter(dsl::consumer_status.eq(ConsumerStatus::Done))
                .order(dsl::consumer_timestamp)
                .limit(STEP)
                .select((dsl::msg_id, dsl::consumer_timestamp));
            let expired: Vec<(String, Timestamp)> = with_conn!(db, expired.load(db))?;
            if expired.is_empty() {
                return Ok(None);
            }
            let ids: Vec<&str> = expired.iter().map(|(id, _)| id.as_str()).collect();
            // A message is for one group, so its id identifies the entry.
            with_conn!(db, diesel::delete(dsl::mq_consumer.filter(any_of(dsl::msg_id, &ids))).execute(db))?;
            let is_full = i64::try_from(expired.len()).is_ok_and(|rows| rows == STEP);
            Ok(expired.last().filter(|_| is_full).map(|(_, processed)| *processed))
        };
        batch.iter().map(prune).collect()
    }
}
