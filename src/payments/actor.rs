//! The supervised payments actor. It processes due syncs, refunds and expired orders on a schedule, and handles
//! requests that need a platform at once.

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
use crate::pay;
use crate::pay::message::{ClaimDueRefunds, ClaimDueSyncs, Payment, PaymentWithOpenRefunds};

/// The actor's name on the status page.
pub const NAME: &str = "settlement";
const PAGE_SIZE: i64 = 500;
/// Time limit of one job. A job that exceeds it is dropped and retried when its row is due again.
const JOB_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum number of concurrent jobs of each kind.
pub const CONCURRENT_JOBS_MAX: usize = 32;

/// Processes due syncs, refunds and expired orders, and starts payments.
pub struct Payments {
    context: Arc<Context>,
    /// Held by the poll that is running. A concurrent poll would only compete for the same rows.
    poll_lock: Arc<Mutex<()>>,
    /// Serialises the starts of each payment.
    start_locks: KeyedLock,
}

impl Payments {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let (context, health) = (Arc::new(context.clone()), context.health);
        supervise(health, |_| Self { context, poll_lock: Arc::default(), start_locks: KeyedLock::default() })
    }

    /// Processes due work, unless a poll is running: then the result is 1, because work may be left.
    fn poll(&self) -> impl Future<Output = usize> + use<> {
        let (context, poll_lock) = (Arc::clone(&self.context), Arc::clone(&self.poll_lock));
        async move {
            match poll_lock.try_lock() {
                Ok(_guard) => process_due(&context).await,
                Err(_) => 1,
            }
        }
    }
}

/// Processes all due work and returns the number of jobs.
async fn process_due(context: &Arc<Context>) -> usize {
    let (pay, order, payments) = (&context.pay, &context.order, context.payments);
    let syncs = drain(
        context,
        async || ask(pay, ClaimDueSyncs { limit: PAGE_SIZE, backoff: payments.ask }).await,
        |context, payment| async move { sync::sync(&context, &payment).await.map(drop) },
    );
    let refunds = drain(
        context,
        async || ask(pay, ClaimDueRefunds { limit: PAGE_SIZE, backoff: payments.refund }).await,
        |context, due| async move { refund::drive(&context, &due).await },
    );
    let expired = drain(
        context,
        async || ask(order, ClaimExpired { limit: PAGE_SIZE, lease: payments.close_again_after.get() }).await,
        |context, order_id| async move { expire::expire(&context, order_id).await },
    );
    let (syncs, refunds, expired) = tokio::join!(syncs, refunds, expired);
    syncs + refunds + expired
}

/// Claims due items page by page and runs a job for each, until no item is due. Returns the number of items. If the
/// store does not respond, the rest is left to the next poll.
async fn drain<T, F>(
    context: &Arc<Context>,
    claim: impl AsyncFn() -> Reply<Vec<T>>,
    job: impl Fn(Arc<Context>, T) -> F,
) -> usize
where
    F: Future<Output = Reply<()>> + 'static,
{
    let mut count = 0;
    while let Ok(page) = claim().await {
        if page.is_empty() {
            break;
        }
        count += page.len();
        run_page(context, page, &job).await;
    }
    count
}

/// Runs a job for each item in its own task, so that a job that fails or panics does not affect the others.
async fn run_page<T, F>(context: &Arc<Context>, page: Vec<T>, job: &impl Fn(Arc<Context>, T) -> F)
where
    F: Future<Output = Reply<()>> + 'static,
{
    let tasks = page.into_iter().map(|item| actix::spawn(run_job(Arc::clone(context), job(Arc::clone(context), item))));
    let mut finished = stream::iter(tasks).buffer_unordered(CONCURRENT_JOBS_MAX);
    while let Some(result) = finished.next().await {
        if let Err(panic) = result {
            context.health.record_replies(0, 1, 0);
            context.health.record_error(&panic.to_string());
        }
    }
}

/// Runs one job with a time limit and records its outcome.
async fn run_job(context: Arc<Context>, job: impl Future<Output = Reply<()>>) {
    let outcome = match context.faults.hit(NAME, "settle") {
        Ok(()) => tokio::time::timeout(JOB_TIMEOUT, job).await.unwrap_or(Err(Failure::Unknown)),
        Err(_) => Err(Failure::Unknown),
    };
    match outcome {
        Ok(()) => context.health.record_replies(1, 0, 0),
        // The claim of its row is a lease: the job runs again when the row is due again.
        Err(_) => context.health.record_replies(0, 0, 1),
    }
}

impl Actor for Payments {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // A poll from before a restart may still be running and hold the lock. Both may run: rows are claimed once.
        self.poll_lock = Arc::default();
        ctx.run_interval(self.context.payments.sweep_every.get(), |me, _| {
            if me.context.faults.hit(NAME, "handle").is_ok() {
                let poll = me.poll();
                actix::spawn(async move {
                    poll.await;
                });
            }
        });
    }
}

impl Supervised for Payments {}

impl Handler<FindDue> for Payments {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: FindDue, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.poll())
    }
}

impl Handler<StartPayment> for Payments {
    type Result = ResponseFuture<Reply<PaymentStarted>>;

    fn handle(&mut self, request: StartPayment, _: &mut Self::Context) -> Self::Result {
        let (context, start_locks) = (Arc::clone(&self.context), self.start_locks.clone());
        Box::pin(async move { start::start(&context, &start_locks, request).await })
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
            let Some(PaymentWithOpenRefunds { payment, refunds }) =
                ask(&context.pay, pay::message::FindAny { pay_id }).await?
            else {
                return Ok(None);
            };
            sync::query(&context, &payment).await?;
            for mut due in refunds {
                // From attempt 2 on the platform is queried first: the refund may have been sent before, or a refused
                // one may have been accepted since.
                due.attempt = due.attempt.max(2);
                refund::drive(&context, &due).await?;
            }
            Ok(ask(&context.pay, pay::message::FindAny { pay_id }).await?.map(|found| found.payment))
        })
    }
}
