//! Keeps an actor alive. `actix::Supervisor` restarts after `ctx.stop()` but not after a panic, which takes the
//! mailbox with it; here both end in a new life on the same mailbox, with the same value and the same addresses.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::ContextFut;
use actix::{Actor, Addr, AsyncContext, Context, Supervised};
use futures_util::FutureExt;

use super::Health;

const FIRST_DELAY: Duration = Duration::from_millis(5);
const LONGEST_DELAY: Duration = Duration::from_millis(500);
/// A life this long was a good one: the next delay starts small again.
const GOOD_LIFE: Duration = Duration::from_secs(5);

/// Starts an actor on the current arbiter and restarts it for as long as anybody holds its address.
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

async fn keep_alive<A>(life: ContextFut<A, Context<A>>, health: Arc<Health>)
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let mut life = Box::pin(life);
    let mut delay = FIRST_DELAY;
    loop {
        let born = tokio::time::Instant::now();
        if let Err(panic) = AssertUnwindSafe(&mut life).catch_unwind().await {
            health.record_error(&panic_text(panic.as_ref()));
        }
        health.restarting();
        if born.elapsed() > GOOD_LIFE {
            delay = FIRST_DELAY;
        }
        loop {
            delay = (delay * 2).min(LONGEST_DELAY);
            tokio::time::sleep(delay).await;
            match std::panic::catch_unwind(AssertUnwindSafe(|| life.restart())) {
                Ok(true) => break health.restarted(),
                Ok(false) => return health.stopped(),
                // It is as dead as before, and is not to answer half-way restarted: once more, a little later.
                Err(panic) => health.record_error(&panic_text(panic.as_ref())),
            }
        }
    }
}

/// What a panic said.
#[must_use]
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}
