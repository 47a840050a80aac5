//! The tasks of one type that wait for the next batch, and those of every type behind one trait.

use std::any::Any;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::supervisor::panic_text;
use super::{Failure, Priority, Reply, Task};
use crate::db::{self, Class, Db};

/// Waiting tasks of one type with their responders, in arrival order.
pub struct TypedBatch<O, M: Task<O>> {
    tasks: Vec<M>,
    responders: Vec<Responder<M::Outcome>>,
    outcomes: Vec<Reply<M::Outcome>>,
}

/// Who waits for the outcome of a task; nobody where it was only told.
pub struct Responder<T> {
    reply: Option<oneshot::Sender<Reply<T>>>,
    since: Instant,
}

impl<T> Responder<T> {
    /// One that begins to wait now.
    pub fn new(reply: Option<oneshot::Sender<Reply<T>>>) -> Self {
        Self { reply, since: Instant::now() }
    }

    fn is_gone(&self) -> bool {
        self.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// A responder that is gone asks again with the same ids.
    fn answer(self, outcome: Reply<T>) {
        if let Some(reply) = self.reply {
            drop(reply.send(outcome));
        }
    }
}

impl<O, M: Task<O>> TypedBatch<O, M> {
    pub const fn new() -> Self {
        Self { tasks: Vec::new(), responders: Vec::new(), outcomes: Vec::new() }
    }

    pub fn push(&mut self, task: M, responder: Responder<M::Outcome>) {
        self.tasks.push(task);
        self.responders.push(responder);
    }

    /// New work whose responder has left is not begun. What was promised is done all the same.
    fn drop_abandoned(&mut self) {
        if M::PRIORITY == Priority::Accepted || !self.responders.iter().any(Responder::is_gone) {
            return;
        }
        let both = self.tasks.drain(..).zip(self.responders.drain(..)).filter(|(_, responder)| !responder.is_gone());
        (self.tasks, self.responders) = both.collect::<Vec<_>>().into_iter().unzip();
    }
}

/// A [`TypedBatch`] whose type of task is forgotten.
pub trait AnyBatch<O>: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn len(&self) -> usize;
    /// Splits off the `n` tasks that came first, without those nobody waits for any more.
    fn take(&mut self, n: usize) -> Box<dyn AnyBatch<O>>;
    /// Runs all tasks at once.
    fn run_together(&mut self, owner: &O, db: &mut Db) -> db::Result<()>;
    /// Runs each task in a savepoint of its own, once more where it broke a constraint; returns what went wrong with those
    /// that failed.
    fn run_isolated(&mut self, owner: &O, db: &mut Db) -> db::Result<Vec<db::Error>>;
    /// Sends every responder the outcome of its task; returns how long each waited.
    fn answer(self: Box<Self>) -> Vec<Duration>;
    /// Tells every responder that there is no outcome.
    fn fail(self: Box<Self>, failure: Failure);
}

impl<O: 'static, M: Task<O>> AnyBatch<O> for TypedBatch<O, M> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn take(&mut self, n: usize) -> Box<dyn AnyBatch<O>> {
        let mut taken = if n >= self.tasks.len() {
            std::mem::replace(self, Self::new())
        } else {
            let (tasks, responders) = (self.tasks.drain(..n).collect(), self.responders.drain(..n).collect());
            Self { tasks, responders, outcomes: Vec::new() }
        };
        taken.drop_abandoned();
        Box::new(taken)
    }

    fn run_together(&mut self, owner: &O, db: &mut Db) -> db::Result<()> {
        let outcomes = M::run(owner, &self.tasks, db)?;
        if outcomes.len() != self.tasks.len() {
            return Err(db::Error::bug(format!(
                "{} answered {} of {}",
                std::any::type_name::<M>(),
                outcomes.len(),
                self.tasks.len()
            )));
        }
        self.outcomes = outcomes.into_iter().map(Ok).collect();
        Ok(())
    }

    fn run_isolated(&mut self, owner: &O, db: &mut Db) -> db::Result<Vec<db::Error>> {
        let mut errors = Vec::new();
        self.outcomes = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let mut run = || db::savepoint(db, |db| catch_panic(|| M::run(owner, std::slice::from_ref(task), db)));
            let one = match run() {
                // Somebody else's row may have come since this task looked for it: it finds it now.
                Err(error) if error.class == Class::Constraint => run(),
                done => done,
            };
            let outcome = match one.map(|mut outcomes| outcomes.pop()) {
                Ok(Some(outcome)) => Ok(outcome),
                Ok(None) => Err(Failure::Poison),
                Err(error) if is_item_error(error.class) => {
                    errors.push(error);
                    Err(Failure::Poison)
                }
                Err(error) => return Err(error),
            };
            self.outcomes.push(outcome);
        }
        Ok(errors)
    }

    fn answer(self: Box<Self>) -> Vec<Duration> {
        let mut waited = Vec::with_capacity(self.responders.len());
        for (responder, outcome) in self.responders.into_iter().zip(self.outcomes) {
            waited.push(responder.since.elapsed());
            responder.answer(outcome);
        }
        waited
    }

    fn fail(self: Box<Self>, failure: Failure) {
        for responder in self.responders {
            responder.answer(Err(failure));
        }
    }
}

/// Whether an error is one item's fault, so that its neighbours may succeed without it.
pub const fn is_item_error(class: Class) -> bool {
    matches!(class, Class::Constraint | Class::Bug | Class::Panic)
}

/// Runs `work`; a panic in it becomes an error.
pub fn catch_panic<T>(work: impl FnOnce() -> db::Result<T>) -> db::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(db::Error::panicked(panic_text(panic.as_ref()))))
}
