//! What an owner can be asked: a message, how it reaches the tables, and what comes back.

use actix::Message;

use crate::db::{self, Db};

/// How a task uses the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A query: runs on a reader, never behind a write.
    Read,
    /// A change: runs in the owner's next group, answered after COMMIT.
    Write,
}

/// Through which door a task enters a full owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// New work: refused when the owner is full.
    New,
    /// Work that was promised (callbacks, confirmations, compensations, messages): has places of its own.
    Accepted,
}

/// A message an owner `O` answers. Tasks of one type that arrive together run together.
pub trait Task<O>: Message<Result = Reply<Self::Outcome>> + Send + Sized + 'static {
    /// What it answers. A refusal of the business is part of it.
    type Outcome: Send + 'static;

    /// How it uses the tables.
    const ACCESS: Access;

    /// Through which door it comes.
    const PRIORITY: Priority = Priority::New;

    /// Runs the batch in arrival order and answers each task, same length and order.
    ///
    /// It opens no transaction itself, and decides before it writes: what one task is refused must leave nothing behind.
    /// Run again with a single task each when the whole batch failed, so it must not keep anything outside the tables.
    ///
    /// # Errors
    /// A database error undoes the whole batch.
    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>>;
}

/// What comes back from an owner.
pub type Reply<T> = Result<T, Failure>;

/// Why there is no outcome. None of these is a refusal of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not accepted: the owner is full, or its store cannot be reached. Nothing happened.
    #[error("busy")]
    Busy,
    /// It may or may not have happened: ask again with the same ids.
    #[error("outcome unknown")]
    Unknown,
    /// Nothing happened, and asking again will most likely not help: a bug, logged where it was found.
    #[error("failed")]
    Poison,
}

impl From<actix::MailboxError> for Failure {
    /// A closed mailbox or a time-out says nothing about the outcome.
    fn from(_: actix::MailboxError) -> Self {
        Self::Unknown
    }
}

/// Sends a task and flattens the two ways it may get no outcome into one.
///
/// # Errors
/// [`Failure`].
pub async fn ask<O, M>(owner: &actix::Addr<super::OwnerActor<O>>, task: M) -> Reply<M::Outcome>
where
    O: super::Owner,
    M: Task<O>,
    M::Result: Send,
{
    owner.send(task).await?
}
