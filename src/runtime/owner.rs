//! The actor behind every owner: buffers, commits in groups, answers after COMMIT.
//!
//! A write goes into the buffer. If no batch is in flight, the whole buffer is handed to a blocking thread, which
//! applies it in one transaction; then the next buffer goes. No timers: a lone task commits at once, a flood commits
//! hundreds at a time. Where the engine has several writers, a batch goes beside one that runs when many wait, or when
//! that one is held up. Queries do the same on readers. The actor itself only buffers, so there is little in it that
//! could panic; what does is caught by the supervisor.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, ResponseFuture, Supervised,
    WrapFuture,
};
use tokio::sync::oneshot;

use super::group::{self, After, Batch};
use super::lane::{AnyLane, Lane};
use super::supervisor::supervise;
use super::{Access, Door, Failure, Health, Owner, Reply, Task};
use crate::db::Store;

/// How much an owner takes at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tasks that may wait at the public door.
    pub mailbox: usize,
    /// Further places for tasks that were promised.
    pub reserved: usize,
    /// Tasks in one batch at most; 1 is one transaction per task.
    pub batch_max: usize,
}

/// The supervised actor of one owner.
pub struct OwnerActor<O: Owner> {
    owner: Arc<O>,
    store: Store,
    health: Arc<Health>,
    limits: Limits,
    writes: Desk<O>,
    reads: Desk<O>,
    kick_is_due: bool,
    later_kick_is_due: bool,
    is_looking: Arc<AtomicBool>,
}

/// How often an owner looks whether its database answers: the status page is true also when nobody asks for anything, and
/// a store that is back is noticed where nobody is let through to it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The tasks of one kind of access: those that wait, and how many run.
struct Desk<O> {
    lanes: Vec<(TypeId, Box<dyn AnyLane<O>>)>,
    waiting: usize,
    running: usize,
    at_once: usize,
    /// When the last batch was started.
    started: Instant,
}

/// A batch goes beside one that runs only where so many wait: few large batches are cheaper than many small ones, most of
/// all on a server (measured there: 0.6 of the throughput with four small ones at once) …
const WORTH_ANOTHER: usize = 256;
/// … or where the one that runs is held up.
const HELD_UP: Duration = Duration::from_millis(50);

impl<O: 'static> Desk<O> {
    fn new(at_once: usize) -> Self {
        Self { lanes: Vec::new(), waiting: 0, running: 0, at_once, started: Instant::now() }
    }

    fn may_start(&self) -> bool {
        let beside = || self.waiting >= WORTH_ANOTHER || self.started.elapsed() >= HELD_UP;
        self.waiting > 0 && self.running < self.at_once && (self.running == 0 || beside())
    }

    fn push<M: Task<O>>(&mut self, task: M) -> Option<oneshot::Receiver<Reply<M::Outcome>>> {
        let kind = TypeId::of::<M>();
        let at = match self.lanes.iter().position(|(of, _)| *of == kind) {
            Some(at) => at,
            None => {
                self.lanes.push((kind, Box::new(Lane::<O, M>::new())));
                self.lanes.len() - 1
            }
        };
        let lane = self.lanes.get_mut(at)?.1.as_any().downcast_mut::<Lane<O, M>>()?;
        self.waiting += 1;
        Some(lane.push(task))
    }

    /// The next batch, where one may start: at most `batch_max` tasks, the lanes taking turns in being first.
    fn next(&mut self, batch_max: usize) -> Option<Batch<O>> {
        if !self.may_start() {
            return None;
        }
        self.started = Instant::now();
        let mut room = batch_max;
        let mut batch = Vec::new();
        for (_, lane) in &mut self.lanes {
            let n = lane.len().min(room);
            if n > 0 {
                batch.push(lane.take(n));
                room -= n;
            }
        }
        if room == 0 {
            self.lanes.rotate_left(1);
        }
        self.waiting -= batch_max - room;
        self.running += 1;
        Some(batch)
    }
}

impl<O: Owner> OwnerActor<O> {
    /// Starts the supervised actor of `owner` on the current arbiter.
    pub fn start(owner: Arc<O>, store: Store, limits: Limits) -> (Addr<Self>, Arc<Health>) {
        let clock = owner.kit().clock.clone();
        let health = Arc::new(Health::new(O::NAME, clock, limits.mailbox, Some(store.engine())));
        let addr = supervise(Arc::clone(&health), |ctx| {
            // The bound is ours to keep, below: actix's own does not hold for `send`.
            ctx.set_mailbox_capacity(limits.mailbox.saturating_add(limits.reserved));
            Self {
                owner,
                writes: Desk::new(store.writer_limit()),
                reads: Desk::new(store.reader_limit()),
                store,
                health: Arc::clone(&health),
                limits,
                kick_is_due: false,
                later_kick_is_due: false,
                is_looking: Arc::default(),
            }
        });
        (addr, health)
    }

    const fn desk(&mut self, access: Access) -> &mut Desk<O> {
        match access {
            Access::Read => &mut self.reads,
            Access::Write => &mut self.writes,
        }
    }

    fn has_room(&mut self, access: Access, door: Door) -> bool {
        let places = match door {
            Door::Public => self.limits.mailbox,
            Door::Reserved => self.limits.mailbox.saturating_add(self.limits.reserved),
        };
        self.desk(access).waiting < places
    }

    /// Starts what can start once the mailbox has been emptied, so that what arrived together runs together.
    fn kick_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.kick_is_due, true) {
            ctx.spawn(std::future::ready(()).into_actor(self).map(|(), me, ctx| me.kick(ctx)));
        }
    }

    fn kick(&mut self, ctx: &mut Context<Self>) {
        self.kick_is_due = false;
        while let Some(batch) = self.reads.next(self.limits.batch_max) {
            self.start_batch(ctx, Access::Read, batch);
        }
        while let Some(batch) = self.writes.next(self.limits.batch_max) {
            self.start_batch(ctx, Access::Write, batch);
        }
        self.publish();
        let waits = self.reads.waiting + self.writes.waiting > 0;
        if waits && !std::mem::replace(&mut self.later_kick_is_due, true) {
            ctx.run_later(HELD_UP, |me, ctx| {
                me.later_kick_is_due = false;
                me.kick(ctx);
            });
        }
    }

    fn start_batch(&mut self, ctx: &Context<Self>, access: Access, batch: Batch<O>) {
        let size = batch.iter().map(|lane| lane.len()).sum();
        self.health.in_flight.fetch_add(size, Relaxed);
        let (owner, store, health) = (Arc::clone(&self.owner), self.store.clone(), Arc::clone(&self.health));
        let addr = ctx.address();
        // Not `ctx.spawn`: a restart would cancel it and lose sight of the batch.
        actix::spawn(async move {
            let job = move || run(&*owner, &store, access, batch, &health);
            let after = tokio::task::spawn_blocking(job).await.unwrap_or(After::Restart);
            wake(&addr, Finished { access, size, after });
        });
    }

    fn look(&self) {
        if self.is_looking.swap(true, Relaxed) {
            return;
        }
        let (store, health, is_looking) = (self.store.clone(), Arc::clone(&self.health), Arc::clone(&self.is_looking));
        drop(tokio::task::spawn_blocking(move || {
            health.set_reachable(store.answers());
            is_looking.store(false, Relaxed);
        }));
    }

    fn publish(&self) {
        self.health.depth.store(self.writes.waiting + self.reads.waiting, Relaxed);
    }
}

/// Runs a batch on a connection of the pool, on a blocking thread.
fn run<O: Owner>(owner: &O, store: &Store, access: Access, batch: Batch<O>, health: &Health) -> After {
    let connection = match access {
        Access::Read => store.reader(),
        Access::Write => store.writer(),
    };
    let mut db = match connection {
        Ok(db) => db,
        Err(error) => {
            group::refuse(batch, &error, health);
            return After::Keep;
        }
    };
    let after = match access {
        Access::Read => group::read(owner, &mut db, batch, health),
        Access::Write => group::write(owner, &mut db, batch, health),
    };
    if after != After::Keep {
        db.condemn();
    }
    after
}

/// Tells an actor something it can do without: a lost wake-up is made up for by the next.
#[expect(clippy::disallowed_methods, reason = "it must not wait for room, and may be lost when the actor is gone")]
fn wake<O: Owner>(addr: &Addr<OwnerActor<O>>, finished: Finished) {
    addr.do_send(finished);
}

impl<O: Owner> Actor for OwnerActor<O> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // The timer of an earlier life is gone.
        self.later_kick_is_due = false;
        ctx.run_interval(LOOK_EVERY, |me, _| me.look());
        self.kick(ctx);
    }
}

impl<O: Owner> Supervised for OwnerActor<O> {}

impl<O: Owner> Unpin for OwnerActor<O> {}

impl<O: Owner, M: Task<O>> Handler<M> for OwnerActor<O> {
    type Result = ResponseFuture<Reply<M::Outcome>>;

    fn handle(&mut self, task: M, ctx: &mut Self::Context) -> Self::Result {
        if self.owner.kit().faults.hit(O::NAME, "handle").is_err() || !self.has_room(M::ACCESS, M::DOOR) {
            return Box::pin(std::future::ready(Err(Failure::Busy)));
        }
        let outcome = self.desk(M::ACCESS).push(task);
        self.publish();
        self.kick_soon(ctx);
        Box::pin(async move {
            match outcome {
                Some(outcome) => outcome.await.unwrap_or(Err(Failure::Unknown)),
                None => Err(Failure::Poison),
            }
        })
    }
}

/// A batch came back from its blocking thread.
#[derive(Message)]
#[rtype(result = "()")]
struct Finished {
    access: Access,
    size: usize,
    after: After,
}

impl<O: Owner> Handler<Finished> for OwnerActor<O> {
    type Result = ();

    fn handle(&mut self, finished: Finished, ctx: &mut Self::Context) {
        self.health.in_flight.fetch_sub(finished.size, Relaxed);
        self.desk(finished.access).running -= 1;
        if finished.after == After::Restart {
            ctx.stop();
        } else {
            self.kick(ctx);
        }
    }
}
