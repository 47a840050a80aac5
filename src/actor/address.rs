//! The address of an owner in the hands of one sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix::Addr;

use super::owner::{OwnerActor, Shared};
use super::{Failure, Owner, Reply, Task};
use crate::trace::Traced;

/// The address of an owner, with the number of tasks sent to it. A task goes into the mailbox of the actor, which starts
/// a worker for it. While a worker runs, the task joins the queue of the worker at once: the actor would only pass it on,
/// and its thread would wake up for each task.
pub struct OwnerAddr<O: Owner> {
    mailbox: Addr<OwnerActor<O>>,
    /// None in tests without a worker.
    shared: Option<Arc<Shared<O>>>,
    sent: Arc<AtomicU64>,
}

impl<O: Owner> std::fmt::Debug for OwnerAddr<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnerAddr").field("owner", &O::NAME).field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl<O: Owner> Clone for OwnerAddr<O> {
    fn clone(&self) -> Self {
        let Self { mailbox, shared, sent } = self;
        Self { mailbox: mailbox.clone(), shared: shared.clone(), sent: Arc::clone(sent) }
    }
}

/// Only the mailbox.
impl<O: Owner> From<Addr<OwnerActor<O>>> for OwnerAddr<O> {
    fn from(mailbox: Addr<OwnerActor<O>>) -> Self {
        Self { mailbox, shared: None, sent: Arc::default() }
    }
}

impl<O: Owner> OwnerAddr<O> {
    pub(super) fn new(mailbox: Addr<OwnerActor<O>>, shared: Arc<Shared<O>>) -> Self {
        Self { mailbox, shared: Some(shared), sent: Arc::default() }
    }

    /// The mailbox of the actor.
    #[must_use]
    pub const fn mailbox(&self) -> &Addr<OwnerActor<O>> {
        &self.mailbox
    }

    /// The same address with a number of its own, which is not read.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { sent: Arc::default(), ..self.clone() }
    }

    /// The number of tasks sent, which goes on counting.
    pub(super) fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    /// Sends `task` and waits for the outcome.
    ///
    /// # Errors
    /// The owner's [`Failure`], or [`Failure::Unknown`] if the mailbox is closed.
    pub async fn ask<M: Task<O>>(&self, task: M) -> Reply<M::Outcome> {
        self.sent.fetch_add(1, Relaxed);
        let mut task = Traced::new(task);
        if let Some(shared) = &self.shared {
            match shared.join(task) {
                Ok(joined) => return joined?.await.map_err(|_| Failure::Unknown)?,
                Err(returned) => task = returned,
            }
        }
        self.mailbox.send(task).await?
    }
}
