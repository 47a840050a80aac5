//! The runtime shared by all owners: the supervised group-commit actor, its queues and threads, retries and health.
//!
//! An owner supplies a value that implements [`Owner`], messages that implement [`Task`], and its tables. This module
//! implements mailboxes, batches, transactions, connections, restarts and counters once for all owners.

pub mod address;
mod batch;
mod chain;
pub mod commit;
pub mod executor;
pub mod fault;
pub mod fence;
pub mod health;
pub mod link;
pub mod owner;
pub mod peers;
mod queue;
pub mod retry;
pub mod supervisor;
pub mod task;
pub mod waker;

use std::sync::Arc;

use actix::ArbiterHandle;

use crate::domain::clock::Clock;
use crate::domain::id::{IdGenerator, NodeId};

pub use address::OwnerAddr;
pub use chain::Chain;
pub use executor::BlockingExecutor;
pub use fault::Faults;
pub use fence::Fence;
pub use health::Health;
pub use link::{Edges, Link};
pub use owner::OwnerActor;
pub use peers::Peers;
pub use task::{Access, Failure, Priority, Reply, Task};
pub use waker::RelayWaker;

/// Dependencies of every owner.
#[derive(Debug, Clone)]
pub struct Context {
    /// Source of the current time.
    pub clock: Clock,
    /// Generator of new ids.
    pub ids: Arc<IdGenerator>,
    /// Id of this node in the cluster.
    pub node: NodeId,
    /// Whether this node may commit.
    pub fence: Fence,
    /// Injected faults; a no-op without the cargo feature `faults`.
    pub faults: Faults,
    /// The thread of the owner's actor.
    pub arbiter: ArbiterHandle,
    /// The threads that run batches on embedded databases.
    pub executor: BlockingExecutor,
    /// Wakes the relay after a commit that wrote to the outbox, and hands it the messages.
    pub relay_waker: RelayWaker,
    /// Whether what is written to the ledgers is chained.
    pub chain: Chain,
}

/// An owner: the only component that writes its tables.
pub trait Owner: Send + Sync + 'static {
    /// Name of the owner in the status page, in the logs and in the location of its store.
    const NAME: &'static str;

    /// The dependencies of this owner.
    fn context(&self) -> &Context;
}
