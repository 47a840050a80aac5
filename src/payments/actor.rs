//! The supervised actor: looks for what is due, and answers those who cannot wait for that.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Handler, ResponseFuture, Supervised};
use futures_util::{StreamExt, stream};
use tokio::sync::Mutex;

use super::keyed_lock::KeyedLock;
use super::message::{Cancel, FindDue, PaymentStarted, Query, StartPayment};
use super::{Context, expire, refund, start, sync};
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::order::error::CommandRefusal;
use crate::order::message::{ClaimExpired, Order};
use crate::pay::message::{ClaimDueRefunds, ClaimDueSyncs, FindAny, Payment, Unfinished};

/// Its name in the status page.
pub const NAME: &str = "settlement";
const PAGE: i64 = 500;
/// A conversation that takes longer is given up; its row says when it is tried again.
const WITHIN: Duration = Duration::from_secs(60);
/// Conversations with platforms at once.
pub const AT_ONCE: usize = 32;

/// Settles what is due.
pub struct Payments {
    context: Arc<Context>,
    /// Held by the sweep under way: a second beside it would find what the first left, and nothing to do.
    turn: Arc<Mutex<()>>,
    /// One start at a time for each payment.
    starts: KeyedLock,
}

impl Payments {
    /// Starts it on the current arbiter.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let (context, health) = (Arc::new(context.clone()), context.health);
        supervise(health, |_| Self { context, turn: Arc::default(), starts: KeyedLock::default() })
    }

    fn find_due(&self) -> impl Future<Output = usize> + use<> {
        let (context, turn) = (Arc::clone(&self.context), Arc::clone(&self.turn));
        async move {
            match turn.try_lock() {
                Ok(_turn) => find_due(&context).await,
                Err(_) => 1,
            }
        }
    }
}

/// Does all that is due; answers how much that was.
async fn find_due(context: &Arc<Context>) -> usize {
    let (pay, order, payments) = (&context.pay, &context.order, context.payments);
    let asks = drain(
        context,
        async || ask(pay, ClaimDueSyncs { limit: PAGE, again: payments.ask }).await,
        |context, payment| async move { sync::look(&context, &payment).await.map(drop) },
    );
    let refunds = drain(
        context,
        async || ask(pay, ClaimDueRefunds { limit: PAGE, again: payments.refund }).await,
        |context, due| async move { refund::drive(&context, &due).await },
    );
    let expired = drain(
        context,
        async || ask(order, ClaimExpired { limit: PAGE, lease: payments.close_again_after.get() }).await,
        |context, order_id| async move { expire::expire(&context, order_id).await },
    );
    let (asks, refunds, expired) = tokio::join!(asks, refunds, expired);
    asks + refunds + expired
}

/// Takes what is due, a page at a time, and settles it until nothing is left; answers how much that was. A store that does
/// not answer is asked again by the next sweep.
async fn drain<T, F>(
    context: &Arc<Context>,
    take: impl AsyncFn() -> Reply<Vec<T>>,
    run: impl Fn(Arc<Context>, T) -> F,
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
        each(context, page, &run).await;
    }
    count
}

/// Settles each in a task of its own: one that fails, or panics, stops no other.
async fn each<T, F>(context: &Arc<Context>, page: Vec<T>, run: &impl Fn(Arc<Context>, T) -> F)
where
    F: Future<Output = Reply<()>> + 'static,
{
    let tasks = page.into_iter().map(|item| actix::spawn(run_one(Arc::clone(context), run(Arc::clone(context), item))));
    let mut ended = stream::iter(tasks).buffer_unordered(AT_ONCE);
    while let Some(task) = ended.next().await {
        if let Err(panic) = task {
            context.health.record_replies(0, 1, 0);
            context.health.record_error(&panic.to_string());
        }
    }
}

async fn run_one(context: Arc<Context>, job: impl Future<Output = Reply<()>>) {
    let outcome = match context.faults.hit(NAME, "settle") {
        Ok(()) => tokio::time::timeout(WITHIN, job).await.unwrap_or(Err(Failure::Unknown)),
        Err(_) => Err(Failure::Unknown),
    };
    match outcome {
        Ok(()) => context.health.record_replies(1, 0, 0),
        // It comes back: its row says when.
        Err(_) => context.health.record_replies(0, 0, 1),
    }
}

impl Actor for Payments {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // The sweep of an earlier life may still be under way: it disturbs nobody.
        self.turn = Arc::default();
        ctx.run_interval(self.context.payments.sweep_every.get(), |me, _| {
            if me.context.faults.hit(NAME, "handle").is_ok() {
                let due = me.find_due();
                actix::spawn(async move {
                    due.await;
                });
            }
        });
    }
}

impl Supervised for Payments {}

impl Handler<FindDue> for Payments {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: FindDue, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.find_due())
    }
}

impl Handler<StartPayment> for Payments {
    type Result = ResponseFuture<Reply<PaymentStarted>>;

    fn handle(&mut self, request: StartPayment, _: &mut Self::Context) -> Self::Result {
        let (context, starts) = (Arc::clone(&self.context), self.starts.clone());
        Box::pin(async move { start::start(&context, &starts, request).await })
    }
}

impl Handler<Cancel> for Payments {
    type Result = ResponseFuture<Reply<Result<Order, CommandRefusal>>>;

    fn handle(&mut self, task: Cancel, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        Box::pin(async move { expire::cancel(&context, task).await })
    }
}

impl Handler<Query> for Payments {
    type Result = ResponseFuture<Reply<Option<Payment>>>;

    fn handle(&mut self, Query { pay_id }: Query, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        Box::pin(async move {
            let Some(Unfinished { payment, refunds }) = ask(&context.pay, FindAny { pay_id }).await? else {
                return Ok(None);
            };
            sync::query(&context, &payment).await?;
            for mut due in refunds {
                // Somebody looks at it: it may have been made, or be refused no more.
                due.attempt = due.attempt.max(2);
                refund::drive(&context, &due).await?;
            }
            Ok(ask(&context.pay, FindAny { pay_id }).await?.map(|found| found.payment))
        })
    }
}
