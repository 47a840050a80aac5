//! Group commit: a whole batch runs in one transaction, and the replies are sent after COMMIT.

use super::batch::{AnyBatch, CONFLICT_BACKOFF, catch_panic, is_item_error, is_own_failure};
use super::chain::recorded;
use super::{Failure, Health, Owner};
use crate::db::{self, Class, Db, Store, halt};

/// Tasks of several types that are run together.
pub type Batch<O> = Vec<Box<dyn AnyBatch<O>>>;

/// Handling of the connection after a batch.
#[derive(Debug)]
pub enum Disposition {
    /// Return the connection to the pool.
    Keep,
    /// Discard the connection, because it may be broken.
    Reopen,
    /// Discard the connection and restart the actor, because our own code panicked.
    Restart,
    /// Discard the connection. This message of the database says that the file is damaged, or cannot be read or written.
    Damaged(String),
}

impl Disposition {
    /// The disposition after `error`.
    fn after(error: &db::Error) -> Self {
        match error.class {
            Class::Damaged => Self::Damaged(error.source.to_string()),
            // The connection is still good: another transaction won, or the disk is full.
            Class::Conflict | Class::Busy | Class::Full => Self::Keep,
            _ => Self::Reopen,
        }
    }
}

/// Maximum number of attempts for a batch that conflicts with other transactions.
const MAX_ATTEMPTS: u32 = 6;
/// Runs a batch of writes in one transaction and replies after COMMIT.
///
/// A node whose lease has ended refuses the batch. If the lease ends while the batch runs, the batch is rolled back.
///
/// If one item fails (a constraint, a bug, a panic), the transaction is rolled back and the batch is run once more with
/// a savepoint around each item, so that only the poison item fails. A deadlock or another conflict leaves no changes
/// behind, so the batch is retried. If it conflicts each time, its items are run one by one, each in a transaction of its
/// own, so that those without a conflict succeed. After any other error the outcome of the whole batch is unknown, and
/// callers must retry with the same ids. If the file of `store` was replaced, the process ends before it replies.
pub fn write<O: Owner>(owner: &O, store: &Store, db: &mut Db, mut batch: Batch<O>, health: &Health) -> Disposition {
    if let Err(error) = owner.context().fence.check() {
        refuse(batch, &error, health);
        return Disposition::Keep;
    }
    let size = size(&batch);
    let mut stats = RunStats::default();
    let mut attempt = 1;
    let result = loop {
        match apply(owner, db, &mut batch, health, &mut stats) {
            Err(error) if error.class == Class::Conflict && attempt < MAX_ATTEMPTS => {
                tracing::debug!(actor = O::NAME, attempt, %error, "batch conflicted, retrying");
                std::thread::sleep(CONFLICT_BACKOFF.delay(attempt));
                attempt += 1;
                stats.retried += size;
            }
            Err(error) if error.class == Class::Conflict => {
                tracing::warn!(actor = O::NAME, size, %error, "batch conflicts each time, its items are run one by one");
                stats.retried += size;
                return write_separately(owner, store, db, batch, &stats, health);
            }
            result => break result,
        }
    };
    let disposition = match &result {
        Ok(()) if stats.panicked => Disposition::Restart,
        Ok(()) => Disposition::Keep,
        Err(error) => Disposition::after(error),
    };
    let result = result.and_then(|()| {
        store.expect_commit_in_place();
        health.record_commit(size);
        health.record_occurrences(db.take_counted());
        db.take_after_commit().into_iter().for_each(|work| work());
        owner.context().relay_waker.wake(O::NAME);
        catch_panic(|| owner.context().faults.hit(O::NAME, "after_commit"))
    });
    reply_all(batch, result, stats.failed, stats.retried, health);
    disposition
}

/// Runs each item of a batch in a transaction of its own and replies.
fn write_separately<O: Owner>(
    owner: &O,
    store: &Store,
    db: &mut Db,
    mut batch: Batch<O>,
    stats: &RunStats,
    health: &Health,
) -> Disposition {
    let mut errors = Vec::new();
    batch.iter_mut().for_each(|typed| typed.run_separately(owner, owner.context(), db, &mut errors));
    store.expect_commit_in_place();
    health.record_occurrences(db.take_counted());
    db.take_after_commit().into_iter().for_each(|work| work());
    errors.iter().for_each(|error| health.record_error(&error.to_string()));
    owner.context().relay_waker.wake(O::NAME);
    let is_store_failure = |error: &db::Error| !is_own_failure(error);
    let panicked = stats.panicked || errors.iter().any(|error| error.class == Class::Panic);
    let disposition = match () {
        () if panicked => Disposition::Restart,
        () if errors.iter().any(is_store_failure) => Disposition::Reopen,
        () => Disposition::Keep,
    };
    reply_all(batch, Ok(()), count(errors.len()), stats.retried, health);
    if let Some(error) = errors.iter().find(|error| is_store_failure(error)) {
        health.set_reachable(!matches!(error.class, Class::Unreachable | Class::Damaged));
    }
    disposition
}

/// Counters of one batch over all its attempts.
#[derive(Default)]
struct RunStats {
    /// Items without an outcome.
    failed: u64,
    /// Item runs that were repeated because the batch failed.
    retried: u64,
    /// Whether our own code panicked.
    panicked: bool,
}

fn apply<O: Owner>(
    owner: &O,
    db: &mut Db,
    batch: &mut Batch<O>,
    health: &Health,
    stats: &mut RunStats,
) -> db::Result<()> {
    match run_together(owner, db, batch) {
        Err(error) if is_item_error(error.class) => {
            // A constraint violation may be caused by a row that another node inserted first. The isolated run finds
            // that row, or reports the error.
            if error.class != Class::Constraint {
                health.record_error(&error.to_string());
            }
            stats.panicked |= error.class == Class::Panic;
            stats.retried += size(batch);
            stats.failed = run_isolated(owner, db, batch, health)?;
            Ok(())
        }
        result => result,
    }
}

fn run_together<O: Owner>(owner: &O, db: &mut Db, batch: &mut Batch<O>) -> db::Result<()> {
    db::transaction(db, |db| {
        catch_panic(|| {
            owner.context().faults.hit(O::NAME, "apply")?;
            recorded(owner.context(), db, |db| batch.iter_mut().try_for_each(|typed| typed.run_together(owner, db)))?;
            owner.context().faults.hit(O::NAME, "before_commit")?;
            owner.context().fence.check()
        })
    })
}

fn run_isolated<O: Owner>(owner: &O, db: &mut Db, batch: &mut Batch<O>, health: &Health) -> db::Result<u64> {
    let errors = db::transaction(db, |db| {
        let mut errors = Vec::new();
        recorded(owner.context(), db, |db| {
            batch.iter_mut().try_for_each(|typed| typed.run_isolated(owner, db).map(|failed| errors.extend(failed)))
        })?;
        owner.context().fence.check()?;
        Ok(errors)
    })?;
    for error in &errors {
        health.record_error(&error.to_string());
    }
    Ok(count(errors.len()))
}

/// Runs a batch of queries and replies. If one item fails, each item is run once more in isolation. After any failure
/// the connection is discarded.
pub fn read<O: Owner>(owner: &O, db: &mut Db, mut batch: Batch<O>, health: &Health) -> Disposition {
    let size = size(&batch);
    let result = catch_panic(|| batch.iter_mut().try_for_each(|typed| typed.run_together(owner, db)));
    let disposition = match &result {
        Ok(()) => Disposition::Keep,
        Err(error) if error.class == Class::Damaged => Disposition::after(error),
        Err(_) => Disposition::Reopen,
    };
    let (result, failed, retried) = match result {
        Err(error) if is_item_error(error.class) => {
            health.record_error(&error.to_string());
            let isolated = batch
                .iter_mut()
                .try_fold(0, |failed, typed| typed.run_isolated(owner, db).map(|e| failed + count(e.len())));
            (isolated.as_ref().map(|_| ()).map_err(|_| error), isolated.unwrap_or(size), size)
        }
        result => (result, 0, 0),
    };
    reply_all(batch, result, failed, retried, health);
    disposition
}

/// Replies [`Failure::Busy`] to a batch that could not get a connection or may not write, so nothing was written.
pub fn refuse<O: Owner>(batch: Batch<O>, error: &db::Error, health: &Health) {
    record_failure(&batch, error, 0, health);
    batch.into_iter().for_each(|typed| typed.fail(Failure::Busy));
}

fn record_failure<O: Owner>(batch: &Batch<O>, error: &db::Error, retried: u64, health: &Health) {
    health.set_reachable(!matches!(error.class, Class::Unreachable | Class::Damaged));
    if matches!(error.class, Class::ReadOnly | Class::Full) {
        health.set_writable(false);
    }
    health.record_replies(0, size(batch), retried);
    health.record_error(&error.to_string());
}

fn reply_all<O: Owner>(batch: Batch<O>, result: db::Result<()>, failed: u64, retried: u64, health: &Health) {
    let size = size(&batch);
    match result {
        Ok(()) => {
            halt::expect_not_halted();
            health.set_reachable(true);
            health.record_replies(size.saturating_sub(failed), failed, retried);
            let latencies: Vec<_> = batch.into_iter().flat_map(AnyBatch::reply).collect();
            health.record_latencies(latencies.into_iter());
        }
        Err(error) => {
            record_failure(&batch, &error, retried, health);
            // The database has refused the transaction, so nothing was written.
            let is_refused = matches!(error.class, Class::ReadOnly | Class::Full);
            let failure = if is_refused { Failure::Busy } else { Failure::Unknown };
            batch.into_iter().for_each(|typed| typed.fail(failure));
        }
    }
}

fn size<O>(batch: &Batch<O>) -> u64 {
    count(batch.iter().map(|typed| typed.len()).sum())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
