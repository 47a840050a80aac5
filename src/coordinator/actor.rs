//! The supervised coordinator actor. It places orders, replies within `orders.answer_within`, and resumes unfinished
//! sagas.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Handler, Message, MessageResult, ResponseFuture, Supervised};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::message::{
    GetQuote, ListRunning, PlaceOrder, PlaceOrderResult, Placed, Quote, ReadSagas, ReconcileUnfinished, Sagas,
};
use super::place::{self, WriteOutcome};
use super::saga::{self, Effect, Saga};
use super::tracker::{InFlightGuard, Tracker};
use super::{Context, drive, quote};
use crate::actor::supervisor::{panic_text, supervise};
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::order::message::{BringForward, CountUnfinished, ListUnfinished, Order};
use crate::trace::{Kind, Parent, Span, Traced};

/// The coordinator's name on the status page.
pub const NAME: &str = "coordinator";
const PAGE_SIZE: i64 = 500;
/// Reconciliation counts as stopped if the last complete run is more than this many intervals ago.
const STALE_AFTER_INTERVALS: u32 = 10;

/// Runs the order sagas.
pub struct OrderCoordinator {
    context: Arc<Context>,
    tracker: Tracker,
    /// Time of the last complete reconciliation.
    reconciled_at: Timestamp,
    /// The latest deadline that the last complete reconciliation found. Before the first one, an unfinished order can
    /// have any deadline: the setting was lowered, or the clock set back, since it was placed.
    latest_found: Timestamp,
}

impl OrderCoordinator {
    /// Starts the coordinator on the current arbiter. It resumes the sagas that an earlier process left unfinished.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let health = Arc::clone(&context.health);
        let tracker = Tracker::new(context.orders.in_flight_max.size(), Arc::clone(&health));
        supervise(health, |_| Self {
            reconciled_at: context.clock.now(),
            latest_found: Timestamp(i64::MAX),
            context: Arc::new(context),
            tracker,
        })
    }

    /// The latest deadline that an unfinished order can have.
    fn latest_deadline(&self) -> Timestamp {
        self.latest_found.max(latest_new_deadline(&self.context))
    }

    fn schedule_reconciliation(&self, ctx: &actix::Context<Self>) {
        let addr = ctx.address();
        actix::spawn(async move {
            let _ = addr.send(ReconcileUnfinished).await;
        });
    }
}

/// Places an order. The caller waits at most `answer_within`; the saga continues after that. If the order is not
/// written by then, the outcome is unknown: a write that has not started is dropped, and one that has started is found
/// by [`ReconcileUnfinished`].
async fn place(
    context: Arc<Context>,
    tracker: Tracker,
    addr: Addr<OrderCoordinator>,
    task: PlaceOrder,
) -> Reply<Placed> {
    let started = Instant::now();
    let order_id = context.ids.next();
    let parent = Parent::current();
    let guard = tracker.try_start(order_id).ok_or(Failure::Busy)?;
    let answer_within = context.orders.answer_within.get();
    let written = tokio::time::timeout(answer_within, place::write(&context, &task, order_id)).await;
    let order = match written.map_err(|_| Failure::Unknown)?? {
        WriteOutcome::Decided(placed) => {
            if let Some(order_id) = placed.order_id() {
                parent.join(order_id);
            }
            if !placed.is_replay {
                context.tracer.root(order_id, started);
            }
            return Ok(placed);
        }
        WriteOutcome::Created(order) => order,
    };
    parent.join(order_id);
    let initial = saga::begin(&order);
    let span = parent.child(|| "order saga".to_owned(), Kind::Internal);
    let outcome = spawn_drive(Arc::clone(&context), addr, guard, order, initial, (span, started));
    let remaining = answer_within.saturating_sub(started.elapsed());
    let result = match tokio::time::timeout(remaining, outcome).await {
        Ok(result) => result.map_err(|_| Failure::Unknown)?,
        Err(_) => PlaceOrderResult::Accepted(order_id),
    };
    context.health.record_latencies(std::iter::once(started.elapsed()));
    Ok(result.into())
}

/// Drives a saga in its own task, so that neither a disconnected caller nor a restart of the actor stops it. The actor
/// restarts if the task panics. `span` records the saga; the order's root span begins at `began` and ends with the saga.
fn spawn_drive(
    context: Arc<Context>,
    addr: Addr<OrderCoordinator>,
    guard: InFlightGuard,
    order: Arc<Order>,
    initial: (Saga, Vec<Effect>),
    (span, began): (Span, Instant),
) -> oneshot::Receiver<PlaceOrderResult> {
    let (sender, outcome) = oneshot::channel();
    actix::spawn(async move {
        let driven = span.run(drive::drive(&context, &order, initial, &guard));
        let driven = AssertUnwindSafe(driven).catch_unwind().await;
        drop(guard);
        match driven {
            Ok(result) => {
                context.counts.record_saga(result.as_ref());
                if let Some(result) = result {
                    context.tracer.root(order.order_id, began);
                    context.health.record_replies(1, 0, 0);
                    // Sending fails if the caller has timed out; a retry with the same key gets the result.
                    drop(sender.send(result));
                }
            }
            Err(panic) => {
                context.counts.record_saga(None);
                context.health.record_replies(0, 1, 0);
                context.health.record_error(&panic_text(&*panic));
                let _ = addr.send(SagaPanicked).await;
            }
        }
    });
    outcome
}

/// Resumes unfinished orders that have no running saga, the earliest deadline first, up to the capacity of `tracker`.
/// Orders of another node are left to that node while it holds its lease and their deadline has not passed. After that
/// this node drives them on, because the other node may never come back. Returns the latest deadline of all unfinished orders up to `until`, or `None` if
/// the tracker was full before all were read.
async fn reconcile_unfinished(
    context: Arc<Context>,
    tracker: Tracker,
    addr: Addr<OrderCoordinator>,
    until: Timestamp,
) -> Reply<Option<Timestamp>> {
    let (mut after, horizon) = (None, Horizon::of([context.orders.deadline.0]));
    while !tracker.is_full() {
        let page = ask(&context.owners.order, ListUnfinished { until, after, limit: PAGE_SIZE }).await?;
        let Some(last) = page.last() else {
            return Ok(Some(after.map_or(Timestamp(i64::MIN), |(deadline, _)| deadline)));
        };
        after = Some((last.deadline_time, last.order_id));
        let now = context.clock.now_for_deadlines(context.orders.deadline.0);
        if last.deadline_time > horizon.latest(context.clock.now()) {
            let deadline = latest_new_deadline(&context);
            ask(&context.owners.order, BringForward { horizon, deadline }).await?;
        }
        let is_responsible =
            |order: &Order| context.node.is_responsible_for(order.order_id.node()) || now >= order.deadline_time;
        for order in page.into_iter().filter(is_responsible) {
            let Some(guard) = tracker.try_start(order.order_id) else { continue };
            let initial = saga::recover(&order, now, latest_new_deadline(&context));
            let span = context.tracer.in_order(order.order_id, || "order saga, resumed".to_owned(), Kind::Internal);
            let traced = (span, Instant::now());
            drop(spawn_drive(Arc::clone(&context), addr.clone(), guard, Arc::new(order), initial, traced));
        }
    }
    Ok(None)
}

/// The deadline of an order that is placed now.
fn latest_new_deadline(context: &Context) -> Timestamp {
    context.clock.now().plus(context.orders.deadline.0)
}

impl Actor for OrderCoordinator {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.latest_found = Timestamp(i64::MAX);
        self.schedule_reconciliation(ctx);
        ctx.run_interval(self.context.orders.sweep_every.get(), |me, ctx| me.schedule_reconciliation(ctx));
    }
}

impl Supervised for OrderCoordinator {}

impl Handler<Traced<PlaceOrder>> for OrderCoordinator {
    type Result = ResponseFuture<Reply<Placed>>;

    fn handle(&mut self, task: Traced<PlaceOrder>, ctx: &mut Self::Context) -> Self::Result {
        if self.context.faults.hit(NAME, "handle").is_err() {
            let reply = Err(Failure::Busy);
            self.context.counts.record_reply(&reply);
            return Box::pin(std::future::ready(reply));
        }
        let (context, tracker, addr) = (Arc::clone(&self.context), self.tracker.clone(), ctx.address());
        let Traced { message, parent } = task;
        let span = parent.child(|| "coordinator PlaceOrder".to_owned(), Kind::Internal);
        Box::pin(span.run(async move {
            let reply = place(Arc::clone(&context), tracker, addr, message).await;
            context.counts.record_reply(&reply);
            reply
        }))
    }
}

impl Handler<GetQuote> for OrderCoordinator {
    type Result = ResponseFuture<Reply<Quote>>;

    fn handle(&mut self, GetQuote { user_id, request }: GetQuote, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        Box::pin(async move { quote::quote_with_caps(&context, user_id, &request).await })
    }
}

impl Handler<ReconcileUnfinished> for OrderCoordinator {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: ReconcileUnfinished, ctx: &mut Self::Context) -> Self::Result {
        let (context, tracker, addr) = (Arc::clone(&self.context), self.tracker.clone(), ctx.address());
        if self.context.clock.now() < self.reconciled_at {
            // The clock was set back, so deadlines from before are further ahead than any that is set now.
            self.latest_found = Timestamp(i64::MAX);
        }
        let until = self.latest_deadline();
        Box::pin(async move {
            if let Ok(latest) = reconcile_unfinished(context, tracker.clone(), addr.clone(), until).await {
                let _ = addr.send(Reconciled { latest }).await;
            }
            tracker.count()
        })
    }
}

impl Handler<ListRunning> for OrderCoordinator {
    type Result = MessageResult<ListRunning>;

    fn handle(&mut self, ListRunning { limit }: ListRunning, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.tracker.running(limit))
    }
}

impl Handler<ReadSagas> for OrderCoordinator {
    type Result = ResponseFuture<Sagas>;

    fn handle(&mut self, _: ReadSagas, _: &mut Self::Context) -> Self::Result {
        let (context, in_flight) = (Arc::clone(&self.context), self.tracker.count());
        let until = self.latest_deadline();
        let stale_after = context.orders.sweep_every.get() * STALE_AFTER_INTERVALS;
        let is_stale = context.clock.now().since(self.reconciled_at) > stale_after;
        Box::pin(async move {
            let unconfirmed = ask(&context.owners.order, CountUnfinished { until }).await.ok();
            let running = i64::try_from(in_flight).unwrap_or(i64::MAX);
            let abandoned = |unconfirmed: i64| if is_stale { unconfirmed.saturating_sub(running).max(0) } else { 0 };
            Sagas { in_flight, unconfirmed, without_wakeup: unconfirmed.map(abandoned) }
        })
    }
}

/// A reconciliation run has completed.
#[derive(Message)]
#[rtype(result = "()")]
struct Reconciled {
    /// Latest deadline of the unfinished orders; `None` if not all were read.
    latest: Option<Timestamp>,
}

impl Handler<Reconciled> for OrderCoordinator {
    type Result = ();

    fn handle(&mut self, reconciled: Reconciled, _: &mut Self::Context) {
        self.reconciled_at = self.context.clock.now();
        self.latest_found = reconciled.latest.unwrap_or(self.latest_found);
    }
}

/// The task of a saga panicked. The actor restarts, and its first reconciliation resumes the order.
#[derive(Message)]
#[rtype(result = "()")]
struct SagaPanicked;

impl Handler<SagaPanicked> for OrderCoordinator {
    type Result = ();

    fn handle(&mut self, _: SagaPanicked, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
