//! Restarts an actor after a stop or a panic. `actix::Supervisor` restarts an actor after `ctx.stop()`, but a panic
//! drops its mailbox. This supervisor restarts in both cases, with the same mailbox, the same value and the same
//! addresses.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::{ContextFut, channel};
use actix::{Actor, Addr, ArbiterHandle, AsyncContext, Context, Supervised};
use futures_util::FutureExt;

use super::Health;

/// Initial restart delay. It is doubled before each restart, the first one included.
const INITIAL_DELAY: Duration = Duration::from_millis(5);
const MAX_DELAY: Duration = Duration::from_millis(500);
/// An actor that ran for longer than this counts as healthy, which resets the restart delay.
const HEALTHY_AFTER: Duration = Duration::from_secs(5);
/// Capacity of a mailbox until its actor sets another. It is that of actix.
const MAILBOX: usize = 16;

/// Starts an actor on the current arbiter and restarts it until its last address is dropped.
pub fn supervise<A>(health: Arc<Health>, make: impl FnOnce(&mut Context<A>) -> A) -> Addr<A>
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let mut ctx = Context::new();
    let actor = make(&mut ctx);
    let addr = ctx.address();
    actix::spawn(keep_alive(ctx.into_future(actor), health));
    addr
}

/// Starts an actor on `arbiter` and restarts it there until its last address is dropped. Messages wait until it has
/// started.
pub fn supervise_on<A>(
    arbiter: &ArbiterHandle,
    health: Arc<Health>,
    make: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
) -> Addr<A>
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel::channel(MAILBOX);
    arbiter.spawn_fn(move || {
        let mut ctx = Context::with_receiver(receiver);
        let actor = make(&mut ctx);
        actix::spawn(keep_alive(ctx.into_future(actor), health));
    });
    Addr::new(sender)
}

/// An actor under supervision, among those that share its counters.
struct Instance {
    health: Arc<Health>,
    is_restarting: bool,
}

impl Instance {
    fn start(health: Arc<Health>) -> Self {
        health.started();
        Self { health, is_restarting: false }
    }

    fn restarting(&mut self) {
        self.is_restarting = true;
        self.health.restarting();
    }

    fn restarted(&mut self) {
        self.is_restarting = false;
        self.health.restarted();
    }
}

/// Also if its thread ends.
impl Drop for Instance {
    fn drop(&mut self) {
        self.health.stopped(self.is_restarting);
    }
}

async fn keep_alive<A>(actor: ContextFut<A, Context<A>>, health: Arc<Health>)
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let mut actor = Box::pin(actor);
    let mut instance = Instance::start(Arc::clone(&health));
    let mut delay = INITIAL_DELAY;
    loop {
        let started_at = tokio::time::Instant::now();
        if let Err(panic) = AssertUnwindSafe(&mut actor).catch_unwind().await {
            health.record_error(&panic_text(panic.as_ref()));
        }
        instance.restarting();
        if started_at.elapsed() > HEALTHY_AFTER {
            delay = INITIAL_DELAY;
        }
        loop {
            delay = (delay * 2).min(MAX_DELAY);
            tokio::time::sleep(delay).await;
            match std::panic::catch_unwind(AssertUnwindSafe(|| actor.restart())) {
                Ok(true) => break instance.restarted(),
                Ok(false) => return,
                // A panic in `restarting()` leaves the actor half restarted. It must not handle messages in that state,
                // so the restart is retried.
                Err(panic) => health.record_error(&panic_text(panic.as_ref())),
            }
        }
    }
}

/// The message of a panic, prefixed with `panic: `.
#[must_use]
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}
