//! The supervised actor: looks for what is due, and answers those who cannot wait for that.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture, Supervised};
use futures_util::{StreamExt, stream};

use super::message::{Cancel, Query, Sweep};
use super::{Tools, close, payment, refund};
use crate::order::error::ActRefusal;
use crate::order::message::{Order, TakeExpired};
use crate::pay::message::{FindAny, Payment, TakeAsks, TakeRefunds, Unfinished};
use crate::runtime::supervisor::supervise;
use crate::runtime::{Failure, Reply, task::ask};

/// Its name in the status page.
pub const NAME: &str = "settlement";
const PAGE: i64 = 500;
/// Conversations with platforms at once.
pub const AT_ONCE: usize = 32;

/// Settles what is due.
pub struct Settlement {
    tools: Arc<Tools>,
    /// Sweeps under way: a second beside one would find what the first left, and nothing to do.
    sweeping: Arc<AtomicUsize>,
}

impl Settlement {
    /// Starts it on the current arbiter.
    #[must_use]
    pub fn start(tools: Tools) -> Addr<Self> {
        let (tools, health) = (Arc::new(tools.clone()), tools.health);
        supervise(health, |_| Self { tools, sweeping: Arc::default() })
    }

    fn sweep(&self) -> impl Future<Output = usize> + use<> {
        let (tools, sweeping) = (Arc::clone(&self.tools), Arc::clone(&self.sweeping));
        async move {
            if sweeping.fetch_add(1, SeqCst) > 0 {
                sweeping.fetch_sub(1, SeqCst);
                return 1;
            }
            let count = sweep(&tools).await;
            sweeping.fetch_sub(1, SeqCst);
            count
        }
    }
}

/// Does all that is due; answers how much that was.
async fn sweep(tools: &Arc<Tools>) -> usize {
    let (asks, refunds, expired) = tokio::join!(asks(tools), refunds(tools), expired(tools));
    asks.unwrap_or(0) + refunds.unwrap_or(0) + expired.unwrap_or(0)
}

async fn asks(tools: &Arc<Tools>) -> Reply<usize> {
    let mut count = 0;
    loop {
        let page = ask(&tools.pay, TakeAsks { limit: PAGE, again: tools.payments.ask }).await?;
        if page.is_empty() {
            return Ok(count);
        }
        count += page.len();
        each(tools, page, |tools, asked| async move { payment::look(&tools, &asked).await.map(drop) }).await;
    }
}

async fn refunds(tools: &Arc<Tools>) -> Reply<usize> {
    let mut count = 0;
    loop {
        let page = ask(&tools.pay, TakeRefunds { limit: PAGE, again: tools.payments.refund }).await?;
        if page.is_empty() {
            return Ok(count);
        }
        count += page.len();
        each(tools, page, |tools, due| async move { refund::settle(&tools, &due).await }).await;
    }
}

async fn expired(tools: &Arc<Tools>) -> Reply<usize> {
    let mut count = 0;
    loop {
        let page = ask(&tools.order, TakeExpired { limit: PAGE, lease: tools.payments.close_again_after.0 }).await?;
        if page.is_empty() {
            return Ok(count);
        }
        count += page.len();
        each(tools, page, |tools, order_id| async move { close::expire(&tools, order_id).await }).await;
    }
}

/// Settles each in a task of its own: one that fails, or panics, stops no other.
async fn each<T, F>(tools: &Arc<Tools>, page: Vec<T>, settle: impl Fn(Arc<Tools>, T) -> F)
where
    F: Future<Output = Reply<()>> + 'static,
{
    let tasks =
        page.into_iter().map(|item| actix::spawn(settle_one(Arc::clone(tools), settle(Arc::clone(tools), item))));
    let mut ended = stream::iter(tasks).buffer_unordered(AT_ONCE);
    while let Some(task) = ended.next().await {
        if let Err(panic) = task {
            tools.health.answered(0, 1, 0);
            tools.health.failed_with(&panic.to_string());
        }
    }
}

async fn settle_one(tools: Arc<Tools>, settling: impl Future<Output = Reply<()>>) {
    let outcome = match tools.faults.hit(NAME, "settle") {
        Ok(()) => settling.await,
        Err(_) => Err(Failure::Unknown),
    };
    match outcome {
        Ok(()) => tools.health.answered(1, 0, 0),
        // It comes back: its row says when.
        Err(_) => tools.health.answered(0, 0, 1),
    }
}

impl Actor for Settlement {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.sweeping = Arc::default();
        ctx.run_interval(self.tools.payments.sweep_every.0, |me, _| {
            if me.tools.faults.hit(NAME, "handle").is_ok() {
                let sweep = me.sweep();
                actix::spawn(async move {
                    sweep.await;
                });
            }
        });
    }
}

impl Supervised for Settlement {}

impl Handler<Sweep> for Settlement {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Sweep, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.sweep())
    }
}

impl Handler<Cancel> for Settlement {
    type Result = ResponseFuture<Reply<Result<Order, ActRefusal>>>;

    fn handle(&mut self, task: Cancel, _: &mut Self::Context) -> Self::Result {
        let tools = Arc::clone(&self.tools);
        Box::pin(async move { close::cancel(&tools, task).await })
    }
}

impl Handler<Query> for Settlement {
    type Result = ResponseFuture<Reply<Option<Payment>>>;

    fn handle(&mut self, Query { pay_id }: Query, _: &mut Self::Context) -> Self::Result {
        let tools = Arc::clone(&self.tools);
        Box::pin(async move {
            let Some(Unfinished { asked, refunds }) = ask(&tools.pay, FindAny { pay_id }).await? else {
                return Ok(None);
            };
            payment::query(&tools, &asked.payment).await?;
            for mut due in refunds {
                // Somebody looks at it: it may have been made, or be refused no more.
                due.attempt = due.attempt.max(2);
                refund::settle(&tools, &due).await?;
            }
            Ok(ask(&tools.pay, FindAny { pay_id }).await?.map(|found| found.asked.payment))
        })
    }
}
