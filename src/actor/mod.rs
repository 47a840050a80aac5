//! What all owners share: the supervised group-commit actor, the messages between owners, retries, health.
//!
//! An owner brings a value that implements [`Owner`], messages that implement [`Task`], and its tables. Everything
//! about mailboxes, batches, transactions, connections, restarts and counters is here, once.

mod batch;
pub mod commit;
pub mod executor;
pub mod fault;
pub mod health;
pub mod owner;
mod queue;
pub mod retry;
pub mod supervisor;
pub mod task;
pub mod waker;

use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::domain::id::{IdGenerator, NodeId};

pub use executor::BlockingExecutor;
pub use fault::Faults;
pub use health::Health;
pub use owner::OwnerActor;
pub use task::{Access, Failure, Priority, Reply, Task};
pub use waker::RelayWaker;

/// What every owner is given.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Arc<IdGenerator>,
    /// Which node of several this is.
    pub node: NodeId,
    /// Injected faults; none in a release build.
    pub faults: Faults,
    /// The threads that run batches on embedded databases.
    pub executor: BlockingExecutor,
    /// Wakes the relay after a commit that wrote to the outbox.
    pub relay_waker: RelayWaker,
}

/// One of the owners: alone it writes its tables.
pub trait Owner: Send + Sync + 'static {
    /// Its name in the status page, the logs and the file name of its store.
    const NAME: &'static str;

    /// What it was given.
    fn context(&self) -> &Context;
}
