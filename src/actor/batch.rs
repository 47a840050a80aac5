//! Batches of waiting tasks: [`TypedBatch`] holds the tasks of one type, [`AnyBatch`] hides the type.

use std::any::Any;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::chain::recorded;
use super::retry::Backoff;
use super::supervisor::panic_text;
use super::{Context, Failure, Priority, Reply, Task};
use crate::db::{self, Class, Db};
use crate::domain::span;
use crate::trace::{self, BatchSpan, Parent};

/// Waiting tasks of one type with their responders, in arrival order.
pub struct TypedBatch<O, M: Task<O>> {
    tasks: Vec<M>,
    responders: Vec<Responder<M::Outcome>>,
    outcomes: Vec<Reply<M::Outcome>>,
}

/// Sends the outcome of a task to its caller, and knows when the task arrived.
pub struct Responder<T> {
    /// `None` for a fire-and-forget task.
    sender: Option<oneshot::Sender<Reply<T>>>,
    arrived_at: Instant,
    /// The span that has sent the task.
    parent: Parent,
    /// The span of the task, while it is in a batch.
    span: trace::Span,
}

impl<T> Responder<T> {
    /// A responder for a task that arrives now and was sent by the span `parent`.
    pub fn new(sender: Option<oneshot::Sender<Reply<T>>>, parent: Parent) -> Self {
        Self { sender, arrived_at: Instant::now(), parent, span: trace::Span::default() }
    }

    /// Whether the caller has stopped waiting. False for a fire-and-forget task.
    fn is_abandoned(&self) -> bool {
        self.sender.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// Sends the outcome. A failed send is ignored: a caller that stopped waiting retries with the same ids.
    fn reply(self, outcome: Reply<T>) {
        let Self { sender, mut span, .. } = self;
        if let Err(failure) = &outcome {
            span.fail(failure);
        }
        // Before the sender goes on, whose span should not end earlier than this one.
        span.end();
        if let Some(sender) = sender {
            drop(sender.send(outcome));
        }
    }
}

impl<O, M: Task<O>> TypedBatch<O, M> {
    pub const fn new() -> Self {
        Self { tasks: Vec::new(), responders: Vec::new(), outcomes: Vec::new() }
    }

    /// An empty batch with room for as many tasks as this one has: the next batch tends to be as large.
    fn next(&self) -> Self {
        let room = self.tasks.len();
        Self { tasks: Vec::with_capacity(room), responders: Vec::with_capacity(room), outcomes: Vec::new() }
    }

    pub fn push(&mut self, task: M, responder: Responder<M::Outcome>) {
        self.tasks.push(task);
        self.responders.push(responder);
    }

    /// Drops new tasks whose callers have stopped waiting. Accepted tasks run regardless of their callers.
    fn drop_abandoned(&mut self) {
        if M::PRIORITY == Priority::Accepted || !self.responders.iter().any(Responder::is_abandoned) {
            return;
        }
        let pairs = self.tasks.drain(..).zip(self.responders.drain(..));
        let kept = pairs.filter(|(_, responder)| !responder.is_abandoned());
        (self.tasks, self.responders) = kept.collect::<Vec<_>>().into_iter().unzip();
    }
}

/// A [`TypedBatch`] with its task type erased.
pub trait AnyBatch<O>: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn len(&self) -> usize;
    /// Begins the spans of the tasks, in the batch `span`.
    fn begin_spans(&mut self, span: &mut BatchSpan);
    /// Splits off the oldest `n` tasks and drops those that were abandoned by their callers.
    fn take(&mut self, n: usize) -> Box<dyn AnyBatch<O>>;
    /// Runs all tasks in one call of [`Task::run`].
    fn run_together(&mut self, owner: &O, db: &mut Db) -> db::Result<()>;
    /// Runs each task in its own savepoint; a task that violates a constraint is run a second time. Returns the errors
    /// of the tasks that failed.
    fn run_isolated(&mut self, owner: &O, db: &mut Db) -> db::Result<Vec<db::Error>>;
    /// Runs each task in a transaction of its own, which the fence of `context` must allow, and again after a conflict.
    /// Adds what went wrong to `errors`.
    fn run_separately(&mut self, owner: &O, context: &Context, db: &mut Db, errors: &mut Vec<db::Error>);
    /// Sends each caller the outcome of its task; returns the time from arrival to reply of each task.
    fn reply(self: Box<Self>) -> Vec<Duration>;
    /// Sends `failure` to every caller.
    fn fail(self: Box<Self>, failure: Failure);
}

impl<O: 'static, M: Task<O>> AnyBatch<O> for TypedBatch<O, M> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn begin_spans(&mut self, span: &mut BatchSpan) {
        for responder in &mut self.responders {
            responder.span = span.task::<M>(&responder.parent, responder.arrived_at);
        }
    }

    fn take(&mut self, n: usize) -> Box<dyn AnyBatch<O>> {
        let mut taken = if n >= self.tasks.len() {
            let next = self.next();
            std::mem::replace(self, next)
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
            let result = match run() {
                // Another node may have inserted the row after this task looked for it. The second run finds that row.
                Err(error) if error.class == Class::Constraint => run(),
                result => result,
            };
            let outcome = match result.map(|mut outcomes| outcomes.pop()) {
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

    fn run_separately(&mut self, owner: &O, context: &Context, db: &mut Db, errors: &mut Vec<db::Error>) {
        self.outcomes = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let outcome = match errors.last() {
                // After a failure of the store, the remaining tasks would fail too. They have not been run.
                Some(error) if !is_own_failure(error) => Err(Failure::Busy),
                _ => run_alone(owner, context, task, db).map_err(|error| {
                    let failure = match error.class {
                        _ if error.is_mismatch() => Failure::Poison,
                        class if is_item_error(class) => Failure::Poison,
                        Class::Conflict => Failure::Busy,
                        _ => Failure::Unknown,
                    };
                    errors.push(error);
                    failure
                }),
            };
            self.outcomes.push(outcome);
        }
    }

    fn reply(self: Box<Self>) -> Vec<Duration> {
        let mut latencies = Vec::with_capacity(self.responders.len());
        for (responder, outcome) in self.responders.into_iter().zip(self.outcomes) {
            latencies.push(responder.arrived_at.elapsed());
            if let Some(order_id) = outcome.as_ref().ok().and_then(M::order_of) {
                responder.span.join(order_id);
            }
            responder.reply(outcome);
        }
        latencies
    }

    fn fail(self: Box<Self>, failure: Failure) {
        for responder in self.responders {
            responder.reply(Err(failure));
        }
    }
}

/// Maximum number of attempts for a task that runs alone and conflicts with other transactions.
const ALONE_ATTEMPTS: u32 = 3;

/// Runs one task in a transaction of its own. A conflict or a violated constraint may be due to a row that another node
/// has just written; the next attempt finds that row.
fn run_alone<O, M: Task<O>>(owner: &O, context: &Context, task: &M, db: &mut Db) -> db::Result<M::Outcome> {
    let mut attempt = 1;
    loop {
        let run = |db: &mut Db| {
            let run = |db: &mut Db| M::run(owner, std::slice::from_ref(task), db);
            let outcomes = catch_panic(|| recorded(context, db, run))?;
            context.fence.check().map(|()| outcomes)
        };
        match db::transaction(db, run) {
            Ok(mut outcomes) => return outcomes.pop().ok_or_else(|| db::Error::bug("a task without an outcome")),
            Err(error) if matches!(error.class, Class::Conflict | Class::Constraint) && attempt < ALONE_ATTEMPTS => {
                std::thread::sleep(CONFLICT_BACKOFF.delay(attempt));
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether the failure concerns the task that ran, and not the store.
pub const fn is_own_failure(error: &db::Error) -> bool {
    is_item_error(error.class) || matches!(error.class, Class::Conflict)
}

/// Delays between attempts that conflict with other transactions. The jitter keeps two of them from colliding again.
pub const CONFLICT_BACKOFF: Backoff =
    Backoff { first: span::Span(Duration::from_millis(1)), longest: span::Span(Duration::from_millis(50)) };

/// Whether an error is caused by a single item, so that the rest of the batch may succeed without that item.
pub const fn is_item_error(class: Class) -> bool {
    matches!(class, Class::Constraint | Class::Bug | Class::Panic)
}

/// Runs `work` and turns a panic into an error of [`Class::Panic`].
pub fn catch_panic<T>(work: impl FnOnce() -> db::Result<T>) -> db::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(db::Error::panicked(panic_text(panic.as_ref()))))
}
