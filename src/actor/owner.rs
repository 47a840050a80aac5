//! The actor behind every owner: buffers, commits in groups, answers disposition COMMIT.
//!
//! A write goes into the buffer. If no batch is in flight, the whole buffer is handed to a blocking thread, which
//! applies it in one transaction; then the next buffer goes. No timers: a lone task commits at once, a flood commits
//! hundreds at a time. Where the engine has several writers, a batch goes beside one that runs when many wait, or when
//! that one is held up. Queries do the same on readers. The actor itself only buffers, so there is little in it that
//! could panic; what does is caught by the supervisor.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use actix::dev::{MessageResponse, OneshotSender};
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture,
};

use super::batch::Responder;
use super::commit::{self, Batch, Disposition};
use super::executor::{BlockingExecutor, STALL_AFTER};
use super::queue::{QueueLimits, TaskQueue};
use super::supervisor::supervise;
use super::{Access, Failure, Health, Owner, Task};
use crate::db::Store;

/// How much an owner takes at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tasks that may wait at the new door.
    pub mailbox: usize,
    /// Further places for tasks that were promised.
    pub reserved: usize,
    /// Tasks in one batch at most; 1 is one transaction per task.
    pub batch_max: usize,
}

/// The supervised actor of one owner.
pub struct OwnerActor<O: Owner> {
    shared: Arc<Shared<O>>,
    dispatch_scheduled: bool,
    retry_scheduled: bool,
    is_probing: Arc<AtomicBool>,
}

/// What an owner's actor and its workers share.
pub struct Shared<O> {
    owner: Arc<O>,
    store: Store,
    executor: BlockingExecutor,
    health: Arc<Health>,
    writes: TaskQueue<O>,
    reads: TaskQueue<O>,
}

/// How often an owner looks whether its database answers: the status page is true also when nobody asks for anything, and
/// a store that is back is noticed where nobody is let through to it.
const PROBE_EVERY: Duration = Duration::from_secs(1);

impl<O: Owner> Shared<O> {
    const fn queue(&self, access: Access) -> &TaskQueue<O> {
        match access {
            Access::Read => &self.reads,
            Access::Write => &self.writes,
        }
    }

    /// What a worker does: one batch, and later the next, disposition those of others, until nothing waits.
    fn work(self: Arc<Self>, access: Access, addr: Addr<OwnerActor<O>>) {
        let Some(batch) = self.queue(access).next_batch() else { return };
        if self.run_counted(access, batch) == Disposition::Restart {
            self.queue(access).worker_done();
            return restart(&addr);
        }
        let executor = self.executor.clone();
        executor.resubmit(Box::new(move || self.work(access, addr)));
    }

    fn run_counted(&self, access: Access, batch: Batch<O>) -> Disposition {
        let size = batch.iter().map(|typed| typed.len()).sum();
        if size == 0 {
            return Disposition::Keep;
        }
        self.health.in_flight.fetch_add(size, Relaxed);
        let disposition = catch_unwind(AssertUnwindSafe(|| self.run(access, batch)));
        self.health.in_flight.fetch_sub(size, Relaxed);
        disposition.unwrap_or(Disposition::Restart)
    }

    /// Runs a batch on a connection of the pool.
    fn run(&self, access: Access, batch: Batch<O>) -> Disposition {
        let connection = match access {
            Access::Read => self.store.reader(),
            Access::Write => self.store.writer(),
        };
        let mut db = match connection {
            Ok(db) => db,
            Err(error) => {
                commit::refuse(batch, &error, &self.health);
                return Disposition::Keep;
            }
        };
        let disposition = match access {
            Access::Read => commit::read(&*self.owner, &mut db, batch, &self.health),
            Access::Write => commit::write(&*self.owner, &mut db, batch, &self.health),
        };
        if disposition != Disposition::Keep {
            db.mark_broken();
        } else if access == Access::Write && self.store.is_checkpoint_due(&mut db) {
            // Mostly it waits for the disk: no turn of the executor's.
            let store = self.store.clone();
            drop(tokio::task::spawn_blocking(move || store.checkpoint_log()));
        }
        disposition
    }
}

impl<O: Owner> OwnerActor<O> {
    /// Starts the supervised actor of `owner` on the current arbiter.
    pub fn start(owner: Arc<O>, store: Store, limits: Limits) -> (Addr<Self>, Arc<Health>) {
        let clock = owner.context().clock.clone();
        let health = Arc::new(Health::new(O::NAME, clock, limits.mailbox, Some(store.engine())));
        let Limits { mailbox: new, reserved: accepted, batch_max } = limits;
        let queue = |workers| TaskQueue::new(QueueLimits { new, accepted, batch_max, workers }, Arc::clone(&health));
        let (writes, reads) = (queue(store.writer_limit()), queue(store.reader_limit()));
        // A server's work is its own processor's: its answers are waited for, each batch on a thread of its own.
        let executor =
            if store.is_embedded() { owner.context().executor.clone() } else { BlockingExecutor::unbounded() };
        let shared = Arc::new(Shared { owner, store, executor, health: Arc::clone(&health), writes, reads });
        let addr = supervise(Arc::clone(&health), |ctx| {
            // The bound is ours to keep, below: actix's own does not hold for `send`.
            ctx.set_mailbox_capacity(new.saturating_add(accepted));
            Self { shared, dispatch_scheduled: false, retry_scheduled: false, is_probing: Arc::default() }
        });
        (addr, health)
    }

    /// Starts what can start once the mailbox has been emptied, so that what arrived together runs together.
    fn schedule_dispatch(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.dispatch_scheduled, true) {
            ctx.spawn(std::future::ready(()).into_actor(self).map(|(), me, ctx| me.dispatch(ctx)));
        }
    }

    fn dispatch(&mut self, ctx: &mut Context<Self>) {
        self.dispatch_scheduled = false;
        for access in [Access::Read, Access::Write] {
            while self.shared.queue(access).try_start_worker() {
                self.start_worker(ctx, access);
            }
        }
        let waits = self.shared.reads.waiting() + self.shared.writes.waiting() > 0;
        if waits && !std::mem::replace(&mut self.retry_scheduled, true) {
            ctx.run_later(STALL_AFTER, |me, ctx| {
                me.retry_scheduled = false;
                me.shared.executor.grow_if_stalled();
                me.dispatch(ctx);
            });
        }
    }

    fn start_worker(&self, ctx: &Context<Self>, access: Access) {
        let (shared, addr) = (Arc::clone(&self.shared), ctx.address());
        self.shared.executor.submit(Box::new(move || shared.work(access, addr)));
    }

    fn probe(&self) {
        if self.is_probing.swap(true, Relaxed) {
            return;
        }
        let (shared, is_probing) = (Arc::clone(&self.shared), Arc::clone(&self.is_probing));
        drop(tokio::task::spawn_blocking(move || {
            shared.health.set_reachable(shared.store.is_reachable());
            is_probing.store(false, Relaxed);
        }));
    }
}

/// Tells an actor to begin a new life.
#[expect(clippy::disallowed_methods, reason = "it must not wait for room, and may be lost when the actor is gone")]
fn restart<O: Owner>(addr: &Addr<OwnerActor<O>>) {
    addr.do_send(Restart);
}

impl<O: Owner> Actor for OwnerActor<O> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // What an earlier life had planned is gone.
        self.retry_scheduled = false;
        ctx.run_interval(PROBE_EVERY, |me, _| me.probe());
        self.dispatch(ctx);
    }
}

impl<O: Owner> Supervised for OwnerActor<O> {}

impl<O: Owner> Unpin for OwnerActor<O> {}

impl<O: Owner, M: Task<O>> Handler<M> for OwnerActor<O> {
    type Result = Intake<O, M>;

    fn handle(&mut self, task: M, ctx: &mut Self::Context) -> Self::Result {
        let has_room = self.shared.queue(M::ACCESS).has_room(M::PRIORITY);
        if self.shared.owner.context().faults.hit(O::NAME, "handle").is_err() || !has_room {
            return Intake::Busy;
        }
        self.schedule_dispatch(ctx);
        Intake::Queued(Arc::clone(&self.shared), task)
    }
}

/// What becomes of a task at the door. Its caller is answered by the worker itself, with nobody between.
pub enum Intake<O, M> {
    /// It is refused.
    Busy,
    /// It waits for a worker.
    Queued(Arc<Shared<O>>, M),
}

impl<O: Owner, M: Task<O>> MessageResponse<OwnerActor<O>, M> for Intake<O, M> {
    fn handle(self, _: &mut Context<OwnerActor<O>>, reply: Option<OneshotSender<M::Result>>) {
        match (self, reply) {
            (Self::Queued(shared, task), reply) => shared.queue(M::ACCESS).push(task, Responder::new(reply)),
            (Self::Busy, Some(reply)) => drop(reply.send(Err(Failure::Busy))),
            (Self::Busy, None) => {}
        }
    }
}

/// A worker met a bug: a new life with fresh connections.
#[derive(Message)]
#[rtype(result = "()")]
struct Restart;

impl<O: Owner> Handler<Restart> for OwnerActor<O> {
    type Result = ();

    fn handle(&mut self, _: Restart, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
