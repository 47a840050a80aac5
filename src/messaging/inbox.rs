//! Messages that arrived: rows of `mq_consumer`, written in the transaction of the message's effect. Delivery is at
//! least once, the effect exactly once.

use std::collections::HashSet;

use actix::Message as Sendable;
use diesel::prelude::*;

use super::outbox::Message;
use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_consumer;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::ConsumerStatus;

/// An owner that has effects to make for messages of others.
pub trait Consumer: Owner {
    /// Makes the effects of messages that had none yet, in the transaction that is open; same length and order.
    /// A message it does not understand is answered with the reason and tried again later.
    ///
    /// # Errors
    /// A database error undoes the whole batch.
    fn consume(&self, unprocessed: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>>;
}

/// The bodies of messages, read; a body that cannot be read is answered with the reason.
pub fn bodies<B: serde::de::DeserializeOwned>(messages: &[&Message]) -> Vec<Result<B, String>> {
    messages.iter().map(|message| serde_json::from_str(&message.body).map_err(|error| error.to_string())).collect()
}

/// A message at the door of its consumer. `Ok` once its effect is committed, now or earlier.
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// Its effect is committed.
    Processed,
    /// It has no effect yet.
    Unprocessed,
    /// The same message stands earlier in this batch.
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
        let mut begun = HashSet::new();
        let states: Vec<Arrival> = batch
            .iter()
            .map(|Delivery(message)| {
                let key = (message.id.clone(), message.group.clone());
                match () {
                    () if processed.contains(&key) => Arrival::Processed,
                    () if begun.insert(key) => Arrival::Unprocessed,
                    () => Arrival::Duplicate,
                }
            })
            .collect();
        let unprocessed: Vec<&Message> = batch
            .iter()
            .zip(&states)
            .filter(|(_, state)| **state == Arrival::Unprocessed)
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
        let outcome = |state| match state {
            Arrival::Processed => Ok(()),
            Arrival::Unprocessed => effects.next().unwrap_or_else(missing),
            Arrival::Duplicate => Err("the same message is being handled".to_owned()),
        };
        Ok(states.into_iter().map(outcome).collect())
    }
}

/// Forgets the messages whose effect was made before this moment.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Prune {
    /// The moment.
    pub before: Timestamp,
}

impl<O: Consumer> Task<O> for Prune {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_consumer::dsl;
        for prune in batch {
            let old = dsl::consumer_status.eq(ConsumerStatus::Done).and(dsl::consumer_timestamp.lt(prune.before));
            with_conn!(db, diesel::delete(dsl::mq_consumer.filter(old)).execute(db))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}
