//! The inbox: processed messages as rows of `mq_consumer`, written in the transaction of the message's effect. Delivery
//! is at least once, the effect exactly once.

use std::collections::HashSet;

use actix::Message as Sendable;
use diesel::prelude::*;

use super::outbox::Message;
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

/// State of a message on arrival.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// The effect was committed earlier.
    Processed,
    /// The effect has not been applied yet.
    Unprocessed,
    /// The same message occurs earlier in this batch.
    Duplicate,
}

impl<O: Consumer> Task<O> for Delivery {
    type Outcome = Result<(), String>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        use mq_consumer::dsl;
        let ids: Vec<&str> = batch.iter().map(|delivery| delivery.0.id.as_str()).collect();
        let processed: HashSet<(String, String)> = db::load_by(&ids, |ids| {
            with_conn!(
                db,
                dsl::mq_consumer.filter(any_of(dsl::msg_id, ids)).select((dsl::msg_id, dsl::group_name)).load(db)
            )
        })?
        .into_iter()
        .collect();
        let mut seen = HashSet::new();
        let arrivals: Vec<Arrival> = batch
            .iter()
            .map(|Delivery(message)| {
                let key = (message.id.clone(), message.group.clone());
                match () {
                    () if processed.contains(&key) => Arrival::Processed,
                    () if seen.insert(key) => Arrival::Unprocessed,
                    () => Arrival::Duplicate,
                }
            })
            .collect();
        let unprocessed: Vec<&Message> = batch
            .iter()
            .zip(&arrivals)
            .filter(|(_, arrival)| **arrival == Arrival::Unprocessed)
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
                msg_body: &message.body,
                consumer_status: ConsumerStatus::Done,
                consumer_times: message.attempt,
                consumer_timestamp: now,
            })
            .collect();
        insert_all!(db, mq_consumer::table, &rows)?;
        let mut effects = effects.into_iter();
        let missing = || Err("the consumer gave no answer".to_owned());
        let outcome = |arrival| match arrival {
            Arrival::Processed => Ok(()),
            Arrival::Unprocessed => effects.next().unwrap_or_else(missing),
            Arrival::Duplicate => Err("the same message is being handled".to_owned()),
        };
        Ok(arrivals.into_iter().map(outcome).collect())
    }
}

/// Deletes the entries of messages that were processed before a point in time.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Prune {
    /// The point in time, exclusive.
    pub before: Timestamp,
}

impl<O: Consumer> Task<O> for Prune {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_consumer::dsl;
        for prune in batch {
            let expired = dsl::consumer_status.eq(ConsumerStatus::Done).and(dsl::consumer_timestamp.lt(prune.before));
            with_conn!(db, diesel::delete(dsl::mq_consumer.filter(expired)).execute(db))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}
