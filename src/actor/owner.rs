//! The actor behind every owner: buffers, commits in groups, answers after COMMIT.
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

use super::batch::Caller;
use super::commit::{self, After, Batch};
use super::executor::{Crew, HELD_UP};
use super::queue::{Desk, Places};
use super::supervisor::supervise;
use super::{Access, Failure, Health, Owner, Task};
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
    office: Arc<Office<O>>,
    kick_is_due: bool,
    later_kick_is_due: bool,
    is_looking: Arc<AtomicBool>,
}

/// What an owner's actor and its workers share.
pub struct Office<O> {
    owner: Arc<O>,
    store: Store,
    crew: Crew,
    health: Arc<Health>,
    writes: Desk<O>,
    reads: Desk<O>,
}

/// How often an owner looks whether its database answers: the status page is true also when nobody asks for anything, and
/// a store that is back is noticed where nobody is let through to it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl<O: Owner> Office<O> {
    const fn desk(&self, access: Access) -> &Desk<O> {
        match access {
            Access::Read => &self.reads,
            Access::Write => &self.writes,
        }
    }

    /// What a worker does: one batch, and later the next, after those of others, until nothing waits.
    fn work(self: Arc<Self>, access: Access, addr: Addr<OwnerActor<O>>) {
        let Some(batch) = self.desk(access).next() else { return };
        if self.run_counted(access, batch) == After::Restart {
            self.desk(access).leave();
            return restart(&addr);
        }
        let crew = self.crew.clone();
        crew.call_again(Box::new(move || self.work(access, addr)));
    }

    fn run_counted(&self, access: Access, batch: Batch<O>) -> After {
        let size = batch.iter().map(|lane| lane.len()).sum();
        if size == 0 {
            return After::Keep;
        }
        self.health.in_flight.fetch_add(size, Relaxed);
        let after = catch_unwind(AssertUnwindSafe(|| self.run(access, batch)));
        self.health.in_flight.fetch_sub(size, Relaxed);
        after.unwrap_or(After::Restart)
    }

    /// Runs a batch on a connection of the pool.
    fn run(&self, access: Access, batch: Batch<O>) -> After {
        let connection = match access {
            Access::Read => self.store.reader(),
            Access::Write => self.store.writer(),
        };
        let mut db = match connection {
            Ok(db) => db,
            Err(error) => {
                commit::refuse(batch, &error, &self.health);
                return After::Keep;
            }
        };
        let after = match access {
            Access::Read => commit::read(&*self.owner, &mut db, batch, &self.health),
            Access::Write => commit::write(&*self.owner, &mut db, batch, &self.health),
        };
        if after != After::Keep {
            db.condemn();
        } else if access == Access::Write && self.store.is_log_long(&mut db) {
            // Mostly it waits for the disk: no turn of the crew's.
            let store = self.store.clone();
            drop(tokio::task::spawn_blocking(move || store.fold_log()));
        }
        after
    }
}

impl<O: Owner> OwnerActor<O> {
    /// Starts the supervised actor of `owner` on the current arbiter.
    pub fn start(owner: Arc<O>, store: Store, limits: Limits) -> (Addr<Self>, Arc<Health>) {
        let clock = owner.kit().clock.clone();
        let health = Arc::new(Health::new(O::NAME, clock, limits.mailbox, Some(store.engine())));
        let Limits { mailbox: public, reserved, batch_max } = limits;
        let desk = |workers| Desk::new(Places { public, reserved, batch_max, workers }, Arc::clone(&health));
        let (writes, reads) = (desk(store.writer_limit()), desk(store.reader_limit()));
        // A server's work is its own processor's: its answers are waited for, each batch on a thread of its own.
        let crew = if store.is_embedded() { owner.kit().crew.clone() } else { Crew::boundless() };
        let office = Arc::new(Office { owner, store, crew, health: Arc::clone(&health), writes, reads });
        let addr = supervise(Arc::clone(&health), |ctx| {
            // The bound is ours to keep, below: actix's own does not hold for `send`.
            ctx.set_mailbox_capacity(public.saturating_add(reserved));
            Self { office, kick_is_due: false, later_kick_is_due: false, is_looking: Arc::default() }
        });
        (addr, health)
    }

    /// Starts what can start once the mailbox has been emptied, so that what arrived together runs together.
    fn kick_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.kick_is_due, true) {
            ctx.spawn(std::future::ready(()).into_actor(self).map(|(), me, ctx| me.kick(ctx)));
        }
    }

    fn kick(&mut self, ctx: &mut Context<Self>) {
        self.kick_is_due = false;
        for access in [Access::Read, Access::Write] {
            while self.office.desk(access).hire() {
                self.start_worker(ctx, access);
            }
        }
        let waits = self.office.reads.waiting() + self.office.writes.waiting() > 0;
        if waits && !std::mem::replace(&mut self.later_kick_is_due, true) {
            ctx.run_later(HELD_UP, |me, ctx| {
                me.later_kick_is_due = false;
                me.office.crew.relieve();
                me.kick(ctx);
            });
        }
    }

    fn start_worker(&self, ctx: &Context<Self>, access: Access) {
        let (office, addr) = (Arc::clone(&self.office), ctx.address());
        self.office.crew.call(Box::new(move || office.work(access, addr)));
    }

    fn look(&self) {
        if self.is_looking.swap(true, Relaxed) {
            return;
        }
        let (office, is_looking) = (Arc::clone(&self.office), Arc::clone(&self.is_looking));
        drop(tokio::task::spawn_blocking(move || {
            office.health.set_reachable(office.store.answers());
            is_looking.store(false, Relaxed);
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
        self.later_kick_is_due = false;
        ctx.run_interval(LOOK_EVERY, |me, _| me.look());
        self.kick(ctx);
    }
}

impl<O: Owner> Supervised for OwnerActor<O> {}

impl<O: Owner> Unpin for OwnerActor<O> {}

impl<O: Owner, M: Task<O>> Handler<M> for OwnerActor<O> {
    type Result = Entry<O, M>;

    fn handle(&mut self, task: M, ctx: &mut Self::Context) -> Self::Result {
        let has_room = self.office.desk(M::ACCESS).has_room(M::DOOR);
        if self.office.owner.kit().faults.hit(O::NAME, "handle").is_err() || !has_room {
            return Entry::Busy;
        }
        self.kick_soon(ctx);
        Entry::Waits(Arc::clone(&self.office), task)
    }
}

/// What becomes of a task at the door. Its caller is answered by the worker itself, with nobody between.
pub enum Entry<O, M> {
    /// It is refused.
    Busy,
    /// It waits for a worker.
    Waits(Arc<Office<O>>, M),
}

impl<O: Owner, M: Task<O>> MessageResponse<OwnerActor<O>, M> for Entry<O, M> {
    fn handle(self, _: &mut Context<OwnerActor<O>>, reply: Option<OneshotSender<M::Result>>) {
        match (self, reply) {
            (Self::Waits(office, task), reply) => office.desk(M::ACCESS).push(task, Caller::new(reply)),
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
