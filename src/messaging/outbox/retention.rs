//! Housekeeping of an outbox: reading its backlog, releasing claims of an earlier run, deleting delivered messages.

use actix::Message as Sendable;
use diesel::prelude::*;

use crate::actor::{Access, Owner, Priority, Reply, Task};
use crate::db::schema::mq_producer;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::MessageStatus;

/// Releases the claims of an earlier run of this node: messages it claimed but never acknowledged become due at once.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Reclaim;

impl<O: Owner> Task<O> for Reclaim {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_producer::dsl;
        let context = owner.context();
        let own_claims = dsl::msg_status.eq(MessageStatus::Pending).and(dsl::node_id.eq(Some(context.node.get())));
        with_conn!(
            db,
            diesel::update(dsl::mq_producer.filter(own_claims))
                .set((dsl::due_time.eq(context.clock.now()), dsl::node_id.eq(None::<i32>)))
                .execute(db)
        )?;
        Ok(batch.iter().map(|_| ()).collect())
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
    /// The consumer groups that have messages due now.
    pub due: Vec<String>,
}

/// Reads the [`Backlog`].
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<Backlog>")]
pub struct ReadBacklog;

impl<O: Owner> Task<O> for ReadBacklog {
    type Outcome = Backlog;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Backlog>> {
        use mq_producer::dsl;
        let pending = dsl::mq_producer.filter(dsl::msg_status.eq(MessageStatus::Pending));
        let backlog = Backlog {
            pending: with_conn!(db, pending.count().get_result(db))?,
            oldest: with_conn!(db, pending.select(diesel::dsl::min(dsl::create_time)).get_result::<Option<i64>>(db))?
                .map(Timestamp),
            dead: with_conn!(
                db,
                dsl::mq_producer.filter(dsl::msg_status.eq(MessageStatus::Dead)).count().get_result(db)
            )?,
            due: with_conn!(
                db,
                pending
                    .filter(dsl::due_time.le(owner.context().clock.now()))
                    .select(dsl::group_name)
                    .distinct()
                    .load(db)
            )?,
        };
        Ok(vec![backlog; batch.len()])
    }
}

/// Deletes the messages that were delivered before a point in time.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Prune {
    /// The point in time, exclusive.
    pub before: Timestamp,
}

impl<O: Owner> Task<O> for Prune {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        use mq_producer::dsl;
        for prune in batch {
            let expired = dsl::msg_status.eq(MessageStatus::Done).and(dsl::due_time.lt(prune.before));
            with_conn!(db, diesel::delete(dsl::mq_producer.filter(expired)).execute(db))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}
