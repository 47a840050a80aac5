//! Tasks: the messages an owner handles, how they access its tables, and their replies.

use actix::Message;

use super::{Owner, OwnerAddr};
use crate::db::{self, Db};
use crate::domain::id::OrderId;

/// How a task accesses the owner's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A query: runs on a reader connection and never waits behind a write.
    Read,
    /// A query of operators that may read many rows: runs alone, on a connection and a thread of its own, so that no
    /// customer waits behind it.
    Report,
    /// A change: runs in the owner's next write batch, with the reply after COMMIT.
    Write,
}

impl Access {
    /// The word for it in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Report => "report",
            Self::Write => "write",
        }
    }
}

/// Priority class of a task; decides which part of the owner's queue it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// New work, refused when the queue is full.
    New,
    /// Work already accepted (callbacks, confirmations, compensations, messages), which has reserved capacity.
    Accepted,
}

/// A message handled by an owner `O`. Tasks of one type that arrive together run as one batch.
pub trait Task<O>: Message<Result = Reply<Self::Outcome>> + Send + Sized + 'static {
    /// Result of a task that ran. A business refusal is an outcome, not a [`Failure`].
    type Outcome: Send + 'static;

    /// How the task accesses the tables.
    const ACCESS: Access;

    /// The priority class of the task.
    const PRIORITY: Priority = Priority::New;

    /// Runs `batch` in arrival order. Returns one outcome per task, in the same order.
    ///
    /// The caller opens the transaction. An implementation decides before it writes, because a refused task must not
    /// leave any changes behind. If a batch fails, `run` is called again with one task at a time, so it must not keep
    /// state outside the tables.
    ///
    /// # Errors
    /// A database error rolls back the whole batch.
    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>>;

    /// The order that the outcome is about, for its trace, if the sender of the task may not know it.
    fn order_of(_: &Self::Outcome) -> Option<OrderId> {
        None
    }
}

/// The reply of an owner: the outcome of the task, or the reason why there is none.
pub type Reply<T> = Result<T, Failure>;

/// Technical failure: the task has no outcome. A business refusal is never a `Failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not executed, because the owner's queue is full, or its store is unreachable or accepts no writes.
    #[error("busy")]
    Busy,
    /// The task may or may not have taken effect. Retry with the same ids.
    #[error("outcome unknown")]
    Unknown,
    /// The task had no effect, and a retry will most likely fail too: a bug, already logged.
    #[error("failed")]
    Poison,
}

impl From<actix::MailboxError> for Failure {
    /// A closed mailbox or a timeout does not reveal the outcome.
    fn from(_: actix::MailboxError) -> Self {
        Self::Unknown
    }
}

/// Sends `task` to `owner` and waits for the outcome.
///
/// # Errors
/// The owner's [`Failure`], or [`Failure::Unknown`] if the mailbox is closed.
pub async fn ask<O: Owner, M: Task<O>>(owner: &OwnerAddr<O>, task: M) -> Reply<M::Outcome> {
    owner.ask(task).await
}
