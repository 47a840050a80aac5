//! The tasks of one type that wait for the next batch, and those of every type behind one trait.

use std::any::Any;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::supervisor::panic_text;
use super::{Failure, Reply, Task};
use crate::db::{self, Class, Db};

/// Waiting tasks of one type with their callers, in arrival order.
pub struct Lane<O, M: Task<O>> {
    tasks: Vec<M>,
    callers: Vec<Caller<M::Outcome>>,
    outcomes: Vec<Reply<M::Outcome>>,
}

struct Caller<T> {
    reply: oneshot::Sender<Reply<T>>,
    since: Instant,
}

impl<O, M: Task<O>> Lane<O, M> {
    pub const fn new() -> Self {
        Self { tasks: Vec::new(), callers: Vec::new(), outcomes: Vec::new() }
    }

    pub fn push(&mut self, task: M) -> oneshot::Receiver<Reply<M::Outcome>> {
        let (reply, outcome) = oneshot::channel();
        self.tasks.push(task);
        self.callers.push(Caller { reply, since: Instant::now() });
        outcome
    }
}

/// A [`Lane`] whose type of task is forgotten.
pub trait AnyLane<O>: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn len(&self) -> usize;
    /// Splits off the `n` tasks that came first.
    fn take(&mut self, n: usize) -> Box<dyn AnyLane<O>>;
    /// Runs all tasks at once.
    fn run_all(&mut self, owner: &O, db: &mut Db) -> db::Result<()>;
    /// Runs each task in a savepoint of its own; returns what went wrong with those that failed.
    fn run_each(&mut self, owner: &O, db: &mut Db) -> db::Result<Vec<db::Error>>;
    /// Sends every caller the outcome of its task; returns how long each waited.
    fn answer(self: Box<Self>) -> Vec<Duration>;
    /// Tells every caller that there is no outcome.
    fn fail(self: Box<Self>, failure: Failure);
}

impl<O: 'static, M: Task<O>> AnyLane<O> for Lane<O, M> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn take(&mut self, n: usize) -> Box<dyn AnyLane<O>> {
        if n >= self.tasks.len() {
            return Box::new(std::mem::replace(self, Self::new()));
        }
        let tasks = self.tasks.drain(..n).collect();
        let callers = self.callers.drain(..n).collect();
        Box::new(Self { tasks, callers, outcomes: Vec::new() })
    }

    fn run_all(&mut self, owner: &O, db: &mut Db) -> db::Result<()> {
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

    fn run_each(&mut self, owner: &O, db: &mut Db) -> db::Result<Vec<db::Error>> {
        let mut errors = Vec::new();
        self.outcomes = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let one = db::savepoint(db, |db| guarded(|| M::run(owner, std::slice::from_ref(task), db)));
            let outcome = match one.map(|mut outcomes| outcomes.pop()) {
                Ok(Some(outcome)) => Ok(outcome),
                Ok(None) => Err(Failure::Poison),
                Err(error) if is_of_the_item(error.class) => {
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
        let mut waited = Vec::with_capacity(self.callers.len());
        for (caller, outcome) in self.callers.into_iter().zip(self.outcomes) {
            waited.push(caller.since.elapsed());
            // A caller that is gone asks again with the same ids.
            drop(caller.reply.send(outcome));
        }
        waited
    }

    fn fail(self: Box<Self>, failure: Failure) {
        for caller in self.callers {
            drop(caller.reply.send(Err(failure)));
        }
    }
}

/// Whether an error is one item's fault, so that its neighbours may succeed without it.
pub const fn is_of_the_item(class: Class) -> bool {
    matches!(class, Class::Constraint | Class::Bug | Class::Panic)
}

/// Runs `work`; a panic in it becomes an error.
pub fn guarded<T>(work: impl FnOnce() -> db::Result<T>) -> db::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(db::Error::panicked(panic_text(panic.as_ref()))))
}
