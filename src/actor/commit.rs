//! The group commit: one transaction for a whole batch, the replies disposition COMMIT.

use std::time::Duration;

use super::batch::{AnyBatch, catch_panic, is_item_error};
use super::retry::Backoff;
use super::{Failure, Health, Owner};
use crate::db::{self, Class, Db};
use crate::domain::span::Span;

/// Tasks of several types that are run together.
pub type Batch<O> = Vec<Box<dyn AnyBatch<O>>>;

/// What is left to do disposition a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Go on with this connection.
    Keep,
    /// The connection may be bad: open a new one.
    Reopen,
    /// Our own code panicked: restart the actor with fresh connections.
    Restart,
}

/// How often a batch is run that somebody else keeps getting in the way of.
const ATTEMPTS: u32 = 6;
/// The pauses between, with jitter: two batches that met once are not to meet again.
const PAUSES: Backoff = Backoff { first: Span(Duration::from_millis(1)), longest: Span(Duration::from_millis(50)) };

/// Applies a batch of writes in one transaction and answers disposition COMMIT.
///
/// Where an item fails (a constraint, a bug, a panic), all is rolled back and run once more with a savepoint around each
/// item, so that only the poison item fails. A deadlock or another conflict with somebody else's transaction has left
/// nothing behind: the batch is run again. Any other error leaves the outcome unknown for all: they ask again.
pub fn write<O: Owner>(owner: &O, db: &mut Db, mut batch: Batch<O>, health: &Health) -> Disposition {
    let size = size(&batch);
    let mut pass = Pass::default();
    let mut attempt = 1;
    let done = loop {
        match apply(owner, db, &mut batch, health, &mut pass) {
            Err(error) if error.class == Class::Conflict && attempt < ATTEMPTS => {
                tracing::debug!(actor = O::NAME, attempt, %error, "a batch is run again");
                std::thread::sleep(PAUSES.delay(attempt));
                attempt += 1;
                pass.retried += size;
            }
            done => break done,
        }
    };
    let disposition = match &done {
        Ok(()) if pass.panicked => Disposition::Restart,
        // Nothing is wrong with the connection: somebody else was faster, or there is no space.
        Err(error) if !matches!(error.class, Class::Conflict | Class::Busy | Class::Full) => Disposition::Reopen,
        _ => Disposition::Keep,
    };
    let done = done.and_then(|()| {
        health.record_commit(size);
        owner.context().relay_waker.wake(O::NAME);
        catch_panic(|| owner.context().faults.hit(O::NAME, "after_commit"))
    });
    reply_all(batch, done, pass.failed, pass.retried, health);
    disposition
}

/// What happened to a batch on its way.
#[derive(Default)]
struct Pass {
    /// Items that failed for good.
    failed: u64,
    /// Items that were run again.
    retried: u64,
    /// Our own code panicked.
    panicked: bool,
}

fn apply<O: Owner>(owner: &O, db: &mut Db, batch: &mut Batch<O>, health: &Health, pass: &mut Pass) -> db::Result<()> {
    match run_together(owner, db, batch) {
        Err(error) if is_item_error(error.class) => {
            // A broken constraint may only be somebody else's row that came first: the second pass finds it and tells.
            if error.class != Class::Constraint {
                health.record_error(&error.to_string());
            }
            pass.panicked |= error.class == Class::Panic;
            pass.retried += size(batch);
            pass.failed = run_isolated(owner, db, batch, health)?;
            Ok(())
        }
        done => done,
    }
}

fn run_together<O: Owner>(owner: &O, db: &mut Db, batch: &mut Batch<O>) -> db::Result<()> {
    db::transaction(db, |db| {
        catch_panic(|| {
            owner.context().faults.hit(O::NAME, "apply")?;
            batch.iter_mut().try_for_each(|typed| typed.run_together(owner, db))?;
            owner.context().faults.hit(O::NAME, "before_commit")
        })
    })
}

fn run_isolated<O: Owner>(owner: &O, db: &mut Db, batch: &mut Batch<O>, health: &Health) -> db::Result<u64> {
    let errors = db::transaction(db, |db| {
        let mut errors = Vec::new();
        for typed in batch.iter_mut() {
            errors.extend(typed.run_isolated(owner, db)?);
        }
        Ok(errors)
    })?;
    for error in &errors {
        health.record_error(&error.to_string());
    }
    Ok(count(errors.len()))
}

/// Answers a batch of queries; where one fails, each once more by itself. Whatever failed, the next batch is not to use
/// this connection.
pub fn read<O: Owner>(owner: &O, db: &mut Db, mut batch: Batch<O>, health: &Health) -> Disposition {
    let size = size(&batch);
    let done = catch_panic(|| batch.iter_mut().try_for_each(|typed| typed.run_together(owner, db)));
    let disposition = if done.is_ok() { Disposition::Keep } else { Disposition::Reopen };
    let (done, failed, retried) = match done {
        Err(error) if is_item_error(error.class) => {
            health.record_error(&error.to_string());
            let each = batch
                .iter_mut()
                .try_fold(0, |failed, typed| typed.run_isolated(owner, db).map(|e| failed + count(e.len())));
            (each.as_ref().map(|_| ()).map_err(|_| error), each.unwrap_or(size), size)
        }
        done => (done, 0, 0),
    };
    reply_all(batch, done, failed, retried, health);
    disposition
}

/// Answers a batch that never reached its database: nothing happened.
pub fn refuse<O: Owner>(batch: Batch<O>, error: &db::Error, health: &Health) {
    record_failure(&batch, error, 0, health);
    batch.into_iter().for_each(|typed| typed.fail(Failure::Busy));
}

fn record_failure<O: Owner>(batch: &Batch<O>, error: &db::Error, retried: u64, health: &Health) {
    health.set_reachable(!matches!(error.class, Class::Unreachable | Class::Damaged));
    health.record_replies(0, size(batch), retried);
    health.record_error(&error.to_string());
}

fn reply_all<O: Owner>(batch: Batch<O>, done: db::Result<()>, failed: u64, retried: u64, health: &Health) {
    let size = size(&batch);
    match done {
        Ok(()) => {
            health.set_reachable(true);
            health.record_replies(size.saturating_sub(failed), failed, retried);
            let waited: Vec<_> = batch.into_iter().flat_map(AnyBatch::answer).collect();
            health.record_latencies(waited.into_iter());
        }
        Err(error) => {
            record_failure(&batch, &error, retried, health);
            batch.into_iter().for_each(|typed| typed.fail(Failure::Unknown));
        }
    }
}

fn size<O>(batch: &Batch<O>) -> u64 {
    count(batch.iter().map(|typed| typed.len()).sum())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
