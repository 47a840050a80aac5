//! The supervised actor: looks for what is due, and answers those who cannot wait for that.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture, Supervised};
use futures_util::{StreamExt, stream};
use tokio::sync::Mutex;

use super::keyed_lock::Turns;
use super::message::{Cancel, PaymentStarted, Query, StartPayment, Sweep};
use super::{Tools, expire, refund, start, sync};
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::order::error::ActRefusal;
use crate::order::message::{Order, TakeExpired};
use crate::pay::message::{FindAny, Payment, TakeAsks, TakeRefunds, Unfinished};

/// Its name in the status page.
pub const NAME: &str = "settlement";
const PAGE: i64 = 500;
/// A conversation that takes longer is given up; its row says when it is tried again.
const WITHIN: Duration = Duration::from_secs(60);
/// Conversations with platforms at once.
pub const AT_ONCE: usize = 32;

/// Settles what is due.
pub struct Payments {
    tools: Arc<Tools>,
    /// Held by the sweep under way: a second beside it would find what the first left, and nothing to do.
    turn: Arc<Mutex<()>>,
    /// One start at a time for each payment.
    turns: Turns,
}

impl Payments {
    /// Starts it on the current arbiter.
    #[must_use]
    pub fn start(tools: Tools) -> Addr<Self> {
        let (tools, health) = (Arc::new(tools.clone()), tools.health);
        supervise(health, |_| Self { tools, turn: Arc::default(), turns: Turns::default() })
    }

    fn sweep(&self) -> impl Future<Output = usize> + use<> {
        let (tools, turn) = (Arc::clone(&self.tools), Arc::clone(&self.turn));
        async move {
            match turn.try_lock() {
                Ok(_turn) => sweep(&tools).await,
                Err(_) => 1,
            }
        }
    }
}

/// Does all that is due; answers how much that was.
async fn sweep(tools: &Arc<Tools>) -> usize {
    let (pay, order, payments) = (&tools.pay, &tools.order, tools.payments);
    let asks = drain(
        tools,
        async || ask(pay, TakeAsks { limit: PAGE, again: payments.ask }).await,
        |tools, payment| async move { sync::look(&tools, &payment).await.map(drop) },
    );
    let refunds = drain(
        tools,
        async || ask(pay, TakeRefunds { limit: PAGE, again: payments.refund }).await,
        |tools, due| async move { refund::settle(&tools, &due).await },
    );
    let expired = drain(
        tools,
        async || ask(order, TakeExpired { limit: PAGE, lease: payments.close_again_after.0 }).await,
        |tools, order_id| async move { expire::expire(&tools, order_id).await },
    );
    let (asks, refunds, expired) = tokio::join!(asks, refunds, expired);
    asks + refunds + expired
}

/// Takes what is due, a page at a time, and settles it until nothing is left; answers how much that was. A store that does
/// not answer is asked again by the next sweep.
async fn drain<T, F>(
    tools: &Arc<Tools>,
    take: impl AsyncFn() -> Reply<Vec<T>>,
    settle: impl Fn(Arc<Tools>, T) -> F,
) -> usize
where
    F: Future<Output = Reply<()>> + 'static,
{
    let mut count = 0;
    while let Ok(page) = take().await {
        if page.is_empty() {
            break;
        }
        count += page.len();
        each(tools, page, &settle).await;
    }
    count
}

/// Settles each in a task of its own: one that fails, or panics, stops no other.
async fn each<T, F>(tools: &Arc<Tools>, page: Vec<T>, settle: &impl Fn(Arc<Tools>, T) -> F)
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
        Ok(()) => tokio::time::timeout(WITHIN, settling).await.unwrap_or(Err(Failure::Unknown)),
        Err(_) => Err(Failure::Unknown),
    };
    match outcome {
        Ok(()) => tools.health.answered(1, 0, 0),
        // It comes back: its row says when.
        Err(_) => tools.health.answered(0, 0, 1),
    }
}

impl Actor for Payments {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // The sweep of an earlier life may still be under way: it disturbs nobody.
        self.turn = Arc::default();
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

impl Supervised for Payments {}

impl Handler<Sweep> for Payments {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Sweep, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.sweep())
    }
}

impl Handler<StartPayment> for Payments {
    type Result = ResponseFuture<Reply<PaymentStarted>>;

    fn handle(&mut self, request: StartPayment, _: &mut Self::Context) -> Self::Result {
        let (tools, turns) = (Arc::clone(&self.tools), self.turns.clone());
        Box::pin(async move { start::start(&tools, &turns, request).await })
    }
}

impl Handler<Cancel> for Payments {
    type Result = ResponseFuture<Reply<Result<Order, ActRefusal>>>;

    fn handle(&mut self, task: Cancel, _: &mut Self::Context) -> Self::Result {
        let tools = Arc::clone(&self.tools);
        Box::pin(async move { expire::cancel(&tools, task).await })
    }
}

impl Handler<Query> for Payments {
    type Result = ResponseFuture<Reply<Option<Payment>>>;

    fn handle(&mut self, Query { pay_id }: Query, _: &mut Self::Context) -> Self::Result {
        let tools = Arc::clone(&self.tools);
        Box::pin(async move {
            let Some(Unfinished { payment, refunds }) = ask(&tools.pay, FindAny { pay_id }).await? else {
                return Ok(None);
            };
            sync::query(&tools, &payment).await?;
            for mut due in refunds {
                // Somebody looks at it: it may have been made, or be refused no more.
                due.attempt = due.attempt.max(2);
                refund::settle(&tools, &due).await?;
            }
            Ok(ask(&tools.pay, FindAny { pay_id }).await?.map(|found| found.payment))
        })
    }
}
