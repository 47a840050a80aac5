//! The actor behind every owner: it queues tasks, commits them in groups and replies after COMMIT.
//!
//! A write is queued. If no batch is running, a blocking thread takes the whole queue as one batch, up to the batch
//! limit, and runs it in one transaction, then takes the next batch. A single task commits at once, and under load
//! hundreds commit together; the one wait that there is, `owners.batch_wait`, lets a batch grow. If the engine allows
//! several writers, a second batch runs in parallel when many tasks wait or when the running batch is stalled. Queries
//! work the same way on reader connections, and reports of operators on one of their own. The actor itself only queues,
//! so little in it can panic; the supervisor restarts it if it does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use actix::dev::{MessageResponse, OneshotSender};
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::batch::Responder;
use super::chain::Seal;
use super::commit::{self, Batch, Disposition};
use super::executor::{BlockingExecutor, STALL_AFTER};
use super::queue::{QueueLimits, TaskQueue, Waiting};
use super::supervisor::supervise_on;
use super::{Access, Failure, Health, Owner, OwnerAddr, Reply, Task};
use crate::db::{Class, Store};
use crate::trace::{BatchSpan, Parent, Traced};

/// Capacity limits of an owner.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of waiting tasks, per kind of access, for a new task to be accepted.
    pub mailbox: usize,
    /// Additional capacity for tasks of [`Priority::Accepted`](super::Priority::Accepted).
    pub reserved: usize,
    /// Maximum number of tasks in one batch; 1 means one transaction per task.
    pub batch_max: usize,
    /// How long a batch of writes waits for more tasks if others ran together just before; zero for never.
    pub batch_wait: Duration,
}

/// The supervised actor of one owner.
pub struct OwnerActor<O: Owner> {
    shared: Arc<Shared<O>>,
    /// A dispatch runs once the mailbox is empty.
    dispatch_scheduled: bool,
    /// A dispatch runs after [`STALL_AFTER`].
    retry_scheduled: bool,
    /// Start of the health probe that is running.
    probing: Arc<Mutex<Option<Instant>>>,
}

/// State shared by an owner's actor and its workers.
pub struct Shared<O> {
    owner: Arc<O>,
    store: Store,
    executor: BlockingExecutor,
    health: Arc<Health>,
    writes: TaskQueue<O>,
    reads: TaskQueue<O>,
    reports: TaskQueue<O>,
}

/// The fault point in the actor.
const HANDLE: &str = "handle";
/// Interval of the health probe of the database. It keeps the status page correct without traffic, and it detects that
/// an unreachable database has recovered although requests are being refused.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Interval of the write probes of a store. One that refuses writes is probed with each health probe.
const WRITE_PROBE_EVERY: Duration = Duration::from_secs(3);
/// How much longer than for a lock a probe may take before it counts as unanswered.
const PROBE_GRACE: Duration = Duration::from_secs(1);

impl<O: Owner> Shared<O> {
    fn new(owner: Arc<O>, store: Store, limits: Limits) -> Self {
        let clock = owner.context().clock.clone();
        let health = Arc::new(Health::new(O::NAME, clock, limits.mailbox, Some(store.engine())));
        let Limits { mailbox: new, reserved: accepted, batch_max, batch_wait } = limits;
        let queue = |workers, batch_max, batch_wait| {
            let limits = QueueLimits { new, accepted, batch_max, batch_wait, workers };
            TaskQueue::new(limits, Arc::clone(&health))
        };
        let writes = queue(store.writer_limit(), batch_max, batch_wait);
        let reads = queue(store.reader_limit(), batch_max, Duration::ZERO);
        // One at a time, each answered when it ends.
        let reports = queue(1, 1, Duration::ZERO);
        // A database server uses its own CPU. Threads here only wait for its replies, so their number is not bounded.
        let executor =
            if store.is_embedded() { owner.context().executor.clone() } else { BlockingExecutor::unbounded() };
        Self { owner, store, executor, health, writes, reads, reports }
    }

    const fn queue(&self, access: Access) -> &TaskQueue<O> {
        match access {
            Access::Read => &self.reads,
            Access::Report => &self.reports,
            Access::Write => &self.writes,
        }
    }

    /// Whether the store takes a task of this type.
    fn takes<M: Task<O>>(&self) -> bool {
        M::ACCESS != Access::Write || self.health.is_writable()
    }

    /// Adds a task to the queue of a running worker. Returns its outcome; [`Failure::Busy`] if it is not accepted.
    ///
    /// # Errors
    /// Returns the task if no worker runs, or a fault is planned in the actor.
    pub(super) fn join<M: Task<O>>(&self, task: Traced<M>) -> Result<Reply<Waiting<M::Outcome>>, Traced<M>> {
        let queue = self.queue(M::ACCESS);
        if !queue.is_served() || self.owner.context().faults.has(O::NAME, HANDLE) {
            return Err(task);
        }
        if self.takes::<M>() { queue.join(task) } else { Ok(Err(Failure::Busy)) }
    }

    fn probe(&self) {
        self.health.set_reachable(self.store.is_reachable());
        if self.health.is_write_probe_due(WRITE_PROBE_EVERY)
            && let Some(is_writable) = self.store.is_writable()
        {
            self.health.set_writable(is_writable);
        }
        self.store.release_if_scarce();
    }

    /// Runs one batch and requeues itself behind the jobs of other owners, until the queue is empty.
    fn work(self: Arc<Self>, access: Access, addr: Addr<OwnerActor<O>>) {
        let pause = self.queue(access).pause(Instant::now());
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        let Some(batch) = self.queue(access).next_batch() else { return };
        if matches!(self.run_counted(access, batch), Disposition::Restart) {
            self.queue(access).worker_done();
            return restart(&addr);
        }
        let executor = self.executor.clone();
        executor.resubmit(Box::new(move || self.work(access, addr)));
    }

    /// Runs the reports that wait, one at a time, on the calling thread: a thread of the executor would be missing for
    /// the work of customers.
    fn work_off_reports(&self, addr: &Addr<OwnerActor<O>>) {
        while let Some(report) = self.reports.next_batch() {
            if matches!(self.run_counted(Access::Report, report), Disposition::Restart) {
                self.reports.worker_done();
                return restart(addr);
            }
        }
    }

    /// Runs a batch, counts its tasks as in flight, and catches a panic.
    fn run_counted(&self, access: Access, mut batch: Batch<O>) -> Disposition {
        let size = batch.iter().map(|typed| typed.len()).sum();
        if size == 0 {
            return Disposition::Keep;
        }
        let mut span = BatchSpan::begin(O::NAME, access.name());
        batch.iter_mut().for_each(|typed| typed.begin_spans(&mut span));
        self.health.in_flight.fetch_add(size, Relaxed);
        let disposition = catch_unwind(AssertUnwindSafe(|| self.run(access, batch)));
        self.health.in_flight.fetch_sub(size, Relaxed);
        disposition.unwrap_or(Disposition::Restart)
    }

    /// Runs a batch on a connection from the pool.
    fn run(&self, access: Access, batch: Batch<O>) -> Disposition {
        let connection = match access {
            Access::Read => self.store.reader(),
            Access::Report => self.store.report_reader(),
            Access::Write => self.store.writer(),
        };
        let mut db = match connection {
            Ok(db) => db,
            Err(error) => {
                commit::refuse(batch, &error, &self.health);
                if error.class == Class::Damaged {
                    self.store.expect_intact(&error.source.to_string());
                }
                return Disposition::Keep;
            }
        };
        let disposition = match access {
            Access::Read | Access::Report => commit::read(&*self.owner, &mut db, batch, &self.health),
            Access::Write => commit::write(&*self.owner, &self.store, &mut db, batch, &self.health),
        };
        match &disposition {
            Disposition::Keep if access == Access::Write && self.store.is_checkpoint_due(&mut db) => {
                // A checkpoint mostly waits for the disk, so it must not occupy a thread of the executor.
                let store = self.store.clone();
                self.executor.run_beside(Box::new(move || store.checkpoint_log()));
            }
            Disposition::Keep => {}
            Disposition::Damaged(reason) => {
                self.store.expect_intact(reason);
                db.mark_broken();
            }
            Disposition::Reopen | Disposition::Restart => db.mark_broken(),
        }
        disposition
    }
}

impl<O: Owner> OwnerActor<O> {
    /// Starts the supervised actor of `owner` on its arbiter. Must be called inside a Tokio runtime.
    pub fn start(owner: Arc<O>, store: Store, limits: Limits) -> (OwnerAddr<O>, Arc<Health>) {
        let arbiter = owner.context().arbiter.clone();
        let shared = Arc::new(Shared::new(owner, store, limits));
        let health = Arc::clone(&shared.health);
        let of_actor = Arc::clone(&shared);
        let addr = supervise_on(&arbiter, Arc::clone(&health), move |ctx| {
            // actix does not enforce the mailbox capacity for `send`. The handler below enforces the limits.
            ctx.set_mailbox_capacity(limits.mailbox.saturating_add(limits.reserved));
            let shared = of_actor;
            Self { shared, dispatch_scheduled: false, retry_scheduled: false, probing: Arc::default() }
        });
        (OwnerAddr::new(addr, shared), health)
    }

    /// Schedules a dispatch for when the mailbox is empty, so that tasks that arrived together run together.
    fn schedule_dispatch(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.dispatch_scheduled, true) {
            ctx.spawn(std::future::ready(()).into_actor(self).map(|(), actor, ctx| actor.dispatch(ctx)));
        }
    }

    /// Starts as many workers as the queues allow. While there is work, dispatches again after [`STALL_AFTER`].
    fn dispatch(&mut self, ctx: &mut Context<Self>) {
        self.dispatch_scheduled = false;
        for access in [Access::Read, Access::Report, Access::Write] {
            while self.shared.queue(access).try_start_worker() {
                self.start_worker(ctx, access);
            }
        }
        // Tasks also join the queue of a running worker without this actor, so it looks whether the worker is stalled.
        let is_busy = self.shared.reads.is_busy() || self.shared.writes.is_busy();
        if is_busy && !std::mem::replace(&mut self.retry_scheduled, true) {
            ctx.run_later(STALL_AFTER, |actor, ctx| {
                actor.retry_scheduled = false;
                actor.shared.executor.grow_if_stalled();
                actor.dispatch(ctx);
            });
        }
    }

    /// Adds the sealing of the ledgers' records to the next batch, if there are any.
    fn seal(&mut self, ctx: &mut Context<Self>) {
        if self.shared.owner.context().chain.is_unsealed() {
            self.shared.queue(Access::Write).push(Seal, Responder::new(None, Parent::default()));
            self.schedule_dispatch(ctx);
        }
    }

    fn start_worker(&self, ctx: &Context<Self>, access: Access) {
        let (shared, addr) = (Arc::clone(&self.shared), ctx.address());
        let executor = &self.shared.executor;
        match access {
            Access::Report => executor.run_beside(Box::new(move || shared.work_off_reports(&addr))),
            Access::Read | Access::Write => executor.submit(Box::new(move || shared.work(access, addr))),
        }
    }

    /// Checks on a blocking thread whether the store is reachable and accepts writes. If the previous check has had no
    /// answer for too long, the answer is no to both.
    fn probe(&self) {
        let mut probing = self.probing.lock();
        if let Some(started) = *probing {
            if started.elapsed() > self.shared.store.limits().lock_within + PROBE_GRACE {
                self.shared.health.set_reachable(false);
                self.shared.health.set_writable(false);
            }
            return;
        }
        *probing = Some(Instant::now());
        drop(probing);
        let (shared, probing) = (Arc::clone(&self.shared), Arc::clone(&self.probing));
        self.shared.executor.run_beside(Box::new(move || {
            shared.store.expect_in_place();
            shared.probe();
            *probing.lock() = None;
        }));
    }
}

/// Asks an actor to restart with fresh connections.
#[expect(clippy::disallowed_methods, reason = "it must not wait for room, and may be lost if the actor has stopped")]
fn restart<O: Owner>(addr: &Addr<OwnerActor<O>>) {
    addr.do_send(Restart);
}

impl<O: Owner> Actor for OwnerActor<O> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if Handle::try_current().is_err() {
            // The system has ended, and starts what it had not started before. A command has ended early.
            return;
        }
        // A restart drops the timers of the previous run.
        self.retry_scheduled = false;
        self.probe();
        ctx.run_interval(PROBE_EVERY, |actor, _| actor.probe());
        if let Some(every) = self.shared.owner.context().chain.seal_every() {
            ctx.run_interval(every, Self::seal);
        }
        self.dispatch(ctx);
    }
}

impl<O: Owner> Supervised for OwnerActor<O> {}

impl<O: Owner> Unpin for OwnerActor<O> {}

impl<O: Owner, M: Task<O>> Handler<Traced<M>> for OwnerActor<O> {
    type Result = Intake<O, M>;

    fn handle(&mut self, task: Traced<M>, ctx: &mut Self::Context) -> Self::Result {
        let is_faulty = self.shared.owner.context().faults.hit(O::NAME, HANDLE).is_err();
        if is_faulty || !self.shared.takes::<M>() || !self.shared.queue(M::ACCESS).has_room(M::PRIORITY) {
            return Intake::Busy;
        }
        self.schedule_dispatch(ctx);
        Intake::Queued(Arc::clone(&self.shared), task)
    }
}

/// Result of a task's arrival. For a queued task, the worker replies to the caller directly, not through the actor.
pub enum Intake<O, M> {
    /// The task is refused.
    Busy,
    /// The task goes into the queue.
    Queued(Arc<Shared<O>>, Traced<M>),
}

impl<O: Owner, M: Task<O>> MessageResponse<OwnerActor<O>, Traced<M>> for Intake<O, M> {
    fn handle(self, _: &mut Context<OwnerActor<O>>, reply: Option<OneshotSender<M::Result>>) {
        match (self, reply) {
            (Self::Queued(shared, Traced { message, parent }), reply) => {
                shared.queue(M::ACCESS).push(message, Responder::new(reply, parent));
            }
            (Self::Busy, Some(reply)) => drop(reply.send(Err(Failure::Busy))),
            (Self::Busy, None) => {}
        }
    }
}

/// Sent by a worker after a panic: restarts the actor.
#[derive(Message)]
#[rtype(result = "()")]
struct Restart;

impl<O: Owner> Handler<Restart> for OwnerActor<O> {
    type Result = ();

    fn handle(&mut self, _: Restart, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
