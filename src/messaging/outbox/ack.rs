//! Acknowledging and claiming messages of one consumer group, in the producer's outbox.

use std::sync::Arc;
use std::time::Duration;

use actix::Message as Sendable;
use diesel::prelude::*;

use super::Message;
use crate::actor::{Access, Context, Owner, Priority, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, ROWS_PER_INSERT, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::MessageStatus;

/// Outcome of one delivery.
#[derive(Debug, Clone)]
pub enum DeliveryOutcome {
    /// The consumer has committed the effect.
    Delivered,
    /// The consumer refused the message, or failed because of it. It is retried after this delay. Carries the reason.
    Refused(Duration, String),
    /// The outcome is unknown, for example because the consumer's database did not respond. The message is retried, and
    /// the attempt does not count.
    Unknown {
        /// The number of the attempt.
        attempt: i32,
        /// The delay until the next attempt.
        delay: Duration,
        /// The reason.
        reason: String,
    },
    /// The delivery failed and is not retried. Carries the reason.
    DeadLetter(String),
}

/// Records the outcomes of the previous deliveries to one consumer group and claims the messages that are due.
///
/// A claim counts the attempt before it is made, and leases the message: if this process dies, the message is due again
/// after `lease`. An attempt whose outcome stays unknown is not counted in the end, so that only refusals bring a
/// message closer to its last attempt.
#[derive(Debug, Sendable)]
#[rtype(result = "Reply<Vec<Message>>")]
pub struct AckAndClaim {
    /// The consumer group.
    pub group: &'static str,
    /// Message ids with the outcomes of their deliveries.
    pub outcomes: Arc<Vec<(String, DeliveryOutcome)>>,
    /// Maximum number of messages to claim; 0 claims none.
    pub limit: i64,
    /// Time until a claimed message is due again.
    pub lease: Duration,
}

impl<O: Owner> Task<O> for AckAndClaim {
    type Outcome = Vec<Message>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Message>>> {
        let context = owner.context();
        batch
            .iter()
            .map(|task| {
                ack(db, context, &task.outcomes)?;
                claim(db, context, task)
            })
            .collect()
    }
}

fn ack(db: &mut Db, context: &Context, outcomes: &[(String, DeliveryOutcome)]) -> db::Result<()> {
    use mq_producer::dsl;
    let now = context.clock.now();
    let delivered: Vec<&str> = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, DeliveryOutcome::Delivered))
        .map(|(id, _)| id.as_str())
        .collect();
    for ids in delivered.chunks(ROWS_PER_INSERT) {
        with_conn!(
            db,
            diesel::update(dsl::mq_producer.filter(any_of(dsl::id, ids)))
                .set((dsl::msg_status.eq(MessageStatus::Done), dsl::due_time.eq(now), dsl::remark.eq(None::<String>)))
                .execute(db)
        )?;
    }
    for (id, outcome) in outcomes {
        // After our lease expired, another node may have delivered the message; it then stays delivered.
        let row = dsl::mq_producer.find(id).filter(dsl::msg_status.eq(MessageStatus::Pending));
        match outcome {
            DeliveryOutcome::Delivered => 0,
            DeliveryOutcome::Refused(delay, reason) => with_conn!(
                db,
                diesel::update(row)
                    .set((dsl::due_time.eq(now.plus(*delay)), dsl::remark.eq(Some(truncate(reason)))))
                    .execute(db)
            )?,
            // An acknowledgement may be repeated, so the attempt is taken back only if it is still the last one.
            DeliveryOutcome::Unknown { attempt, delay, reason } => with_conn!(
                db,
                diesel::update(row.filter(dsl::attempts.eq(attempt)))
                    .set((
                        dsl::due_time.eq(now.plus(*delay)),
                        dsl::attempts.eq(attempt.saturating_sub(1)),
                        dsl::remark.eq(Some(truncate(reason)))
                    ))
                    .execute(db)
            )?,
            DeliveryOutcome::DeadLetter(reason) => with_conn!(
                db,
                diesel::update(row)
                    .set((
                        dsl::msg_status.eq(MessageStatus::Dead),
                        dsl::due_time.eq(now),
                        dsl::remark.eq(Some(truncate(reason)))
                    ))
                    .execute(db)
            )?,
        };
    }
    Ok(())
}

/// Truncates `reason` to 500 characters, so that it fits into the column `remark`.
fn truncate(reason: &str) -> String {
    reason.chars().take(500).collect()
}

fn claim(db: &mut Db, context: &Context, task: &AckAndClaim) -> db::Result<Vec<Message>> {
    use mq_producer::dsl;
    let now = context.clock.now();
    if task.limit == 0 {
        return Ok(Vec::new());
    }
    let due = dsl::mq_producer
        .filter(
            dsl::msg_status.eq(MessageStatus::Pending).and(dsl::due_time.le(now)).and(dsl::group_name.eq(task.group)),
        )
        .order((dsl::due_time, dsl::id))
        .limit(task.limit)
        .select((
            (dsl::id, dsl::group_name, dsl::msg_topic, dsl::msg_tag, dsl::msg_key, dsl::msg_body),
            dsl::attempts,
            dsl::create_time,
        ));
    // Rows that another node is claiming right now are skipped.
    let due: Vec<Due> = with_conn!(db, skip_locked(due).load(db))?;
    let messages: Vec<Message> = due
        .into_iter()
        .map(|((id, group, topic, tag, key, body), attempts, create_time)| Message {
            id,
            group: group.into(),
            topic: topic.into(),
            tag: tag.into(),
            key: key.into(),
            body: body.into(),
            attempt: attempts.saturating_add(1),
            age: now.since(create_time),
        })
        .collect();
    let ids: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    for ids in ids.chunks(ROWS_PER_INSERT) {
        with_conn!(
            db,
            diesel::update(dsl::mq_producer.filter(any_of(dsl::id, ids)))
                .set((
                    dsl::attempts.eq(dsl::attempts + 1),
                    dsl::due_time.eq(now.plus(task.lease)),
                    dsl::node_id.eq(Some(context.node.get())),
                ))
                .execute(db)
        )?;
    }
    Ok(messages)
}

/// Columns of a message that is due: its content, the attempts so far, and the creation time.
type Due = ((String, String, String, String, String, String), i32, Timestamp);
