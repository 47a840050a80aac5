//! The chain of an owner's ledgers: each batch leaves a record, and about once a second the records become a link.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use actix::Message as Sendable;

use super::{Access, Context, Owner, Priority, Reply, Task};
use crate::db::ledger::chain;
use crate::db::{self, Db};

/// How an owner records what it writes to its ledgers, and whether records wait to be sealed.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// Interval at which records are sealed; `None` if nothing is recorded.
    seal_every: Option<Duration>,
    is_unsealed: Arc<AtomicBool>,
}

impl Chain {
    /// A chain whose records are sealed at this interval; `None` if nothing is recorded.
    #[must_use]
    pub fn new(seal_every: Option<Duration>) -> Self {
        Self { seal_every, is_unsealed: Arc::default() }
    }

    /// Whether what the owner writes to its ledgers is recorded.
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.seal_every.is_some()
    }

    pub(super) const fn seal_every(&self) -> Option<Duration> {
        self.seal_every
    }

    /// Whether there are records of this process that are not sealed.
    pub(super) fn is_unsealed(&self) -> bool {
        self.is_unsealed.load(Relaxed)
    }
}

/// Runs `work` in the open transaction and leaves a record of what it wrote to the ledgers.
pub(super) fn recorded<T>(
    context: &Context,
    db: &mut Db,
    work: impl FnOnce(&mut Db) -> db::Result<T>,
) -> db::Result<T> {
    let Chain { seal_every, is_unsealed } = &context.chain;
    let (value, has_record) = chain::recorded(db, seal_every.is_some(), || context.ids.next(), work)?;
    if has_record {
        is_unsealed.store(true, Relaxed);
    }
    Ok(value)
}

/// Seals the records of this owner's batches, and of other nodes'.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "Reply<()>")]
pub struct Seal;

impl<O: Owner> Task<O> for Seal {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let Context { chain, clock, .. } = owner.context();
        chain.is_unsealed.store(false, Relaxed);
        let is_more_left = chain::seal(db, clock.now())?;
        if is_more_left {
            chain.is_unsealed.store(true, Relaxed);
        }
        Ok(vec![(); batch.len()])
    }
}
