//! The supervised actor that resumes unfinished orders. One runs on each node, whatever number of coordinators there is.

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Handler, Message, MessageResult, ResponseFuture, Supervised};

use super::message::{self, ListRunning, ReadSagas, ReconcileUnfinished};
use super::runner::{SagaPanicked, SagaRunner};
use super::tracker::Tracker;
use super::{Context, saga};
use crate::actor::Reply;
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::order::message::{BringForward, CountUnfinished, ListUnfinished, Order};
use crate::trace::Kind;

const PAGE_SIZE: i64 = 500;
/// Reconciliation counts as stopped if the last complete run is more than this many intervals ago.
const STALE_AFTER_INTERVALS: u32 = 10;

/// Finds unfinished orders without a running saga and resumes them.
pub struct Recovery {
    context: Arc<Context>,
    tracker: Tracker,
    /// Time of the last complete reconciliation.
    reconciled_at: Timestamp,
    /// The latest deadline that the last complete reconciliation found. Before the first one, an unfinished order can
    /// have any deadline: the setting was lowered, or the clock set back, since it was placed.
    latest_found: Timestamp,
}

impl Recovery {
    /// Starts the actor on the current arbiter. It resumes the sagas that an earlier process left unfinished. The second
    /// value runs sagas on other threads.
    #[must_use]
    pub fn start(context: Context) -> (Addr<Self>, SagaRunner) {
        let tracker = Tracker::new(context.orders.in_flight_max.size(), Arc::clone(&context.health));
        let context = Arc::new(context);
        let (of_actor, its_tracker) = (Arc::clone(&context), tracker.clone());
        let addr = supervise(Arc::clone(&context.health), |_| Self {
            reconciled_at: of_actor.clock.now(),
            latest_found: Timestamp(i64::MAX),
            context: of_actor,
            tracker: its_tracker,
        });
        let runner = SagaRunner { context, tracker, recovery: Arc::new(addr.clone().recipient()) };
        (addr, runner)
    }

    /// Runs sagas on this actor's thread, whose address is `recovery`.
    fn runner(&self, recovery: Addr<Self>) -> SagaRunner {
        let (context, tracker) = (Arc::clone(&self.context), self.tracker.clone());
        SagaRunner { context, tracker, recovery: Arc::new(recovery.recipient()) }
    }

    /// The latest deadline that an unfinished order can have.
    fn latest_deadline(&self) -> Timestamp {
        self.latest_found.max(latest_new_deadline(&self.context))
    }

    fn schedule_reconciliation(ctx: &actix::Context<Self>) {
        let addr = ctx.address();
        actix::spawn(async move {
            let _ = addr.send(ReconcileUnfinished).await;
        });
    }
}

/// Resumes unfinished orders that have no running saga, the earliest deadline first, up to the capacity of `tracker`.
/// Orders of another node are left to that node while it holds its lease and their deadline has not passed. After that
/// this node drives them on, because the other node may never come back. Returns the latest deadline of all unfinished
/// orders up to `until`, or `None` if the tracker was full before all were read.
async fn reconcile_unfinished(runner: SagaRunner, until: Timestamp) -> Reply<Option<Timestamp>> {
    let SagaRunner { context, tracker, .. } = &runner;
    let (mut after, horizon) = (None, Horizon::of([context.orders.deadline.0]));
    while !tracker.is_full() {
        let page = ask(&context.owners.order, ListUnfinished { until, after, limit: PAGE_SIZE }).await?;
        let Some(last) = page.last() else {
            return Ok(Some(after.map_or(Timestamp(i64::MIN), |(deadline, _)| deadline)));
        };
        after = Some((last.deadline_time, last.order_id));
        let now = context.clock.now_for_deadlines(context.orders.deadline.0);
        if last.deadline_time > horizon.latest(context.clock.now()) {
            let deadline = latest_new_deadline(context);
            ask(&context.owners.order, BringForward { horizon, deadline }).await?;
        }
        let is_responsible =
            |order: &Order| context.node.is_responsible_for(order.order_id.node()) || now >= order.deadline_time;
        for order in page.into_iter().filter(is_responsible) {
            let Some(guard) = tracker.try_start(order.order_id) else { continue };
            let initial = saga::recover(&order, now, latest_new_deadline(context));
            let span = context.tracer.in_order(order.order_id, || "order saga, resumed".to_owned(), Kind::Internal);
            let traced = (span, Instant::now());
            drop(runner.spawn(guard, Arc::new(order), initial, traced));
        }
    }
    Ok(None)
}

/// The deadline of an order that is placed now.
fn latest_new_deadline(context: &Context) -> Timestamp {
    context.clock.now().plus(context.orders.deadline.0)
}

impl Actor for Recovery {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.latest_found = Timestamp(i64::MAX);
        Self::schedule_reconciliation(ctx);
        ctx.run_interval(self.context.orders.sweep_every.get(), |_, ctx| Self::schedule_reconciliation(ctx));
    }
}

impl Supervised for Recovery {}

impl Handler<ReconcileUnfinished> for Recovery {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: ReconcileUnfinished, ctx: &mut Self::Context) -> Self::Result {
        let addr = ctx.address();
        let runner = self.runner(addr.clone());
        if self.context.clock.now() < self.reconciled_at {
            // The clock was set back, so deadlines from before are further ahead than any that is set now.
            self.latest_found = Timestamp(i64::MAX);
        }
        let until = self.latest_deadline();
        Box::pin(async move {
            let tracker = runner.tracker.clone();
            if let Ok(latest) = reconcile_unfinished(runner, until).await {
                let _ = addr.send(Reconciled { latest }).await;
            }
            tracker.count()
        })
    }
}

impl Handler<ListRunning> for Recovery {
    type Result = MessageResult<ListRunning>;

    fn handle(&mut self, ListRunning { limit }: ListRunning, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.tracker.running(limit))
    }
}

impl Handler<ReadSagas> for Recovery {
    type Result = ResponseFuture<message::Sagas>;

    fn handle(&mut self, _: ReadSagas, _: &mut Self::Context) -> Self::Result {
        let (context, in_flight) = (Arc::clone(&self.context), self.tracker.count());
        let until = self.latest_deadline();
        let stale_after = context.orders.sweep_every.get() * STALE_AFTER_INTERVALS;
        let is_stale = context.clock.now().since(self.reconciled_at) > stale_after;
        Box::pin(async move {
            let unconfirmed = ask(&context.owners.order, CountUnfinished { until }).await.ok();
            let running = i64::try_from(in_flight).unwrap_or(i64::MAX);
            let abandoned = |unconfirmed: i64| if is_stale { unconfirmed.saturating_sub(running).max(0) } else { 0 };
            message::Sagas { in_flight, unconfirmed, without_wakeup: unconfirmed.map(abandoned) }
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

impl Handler<Reconciled> for Recovery {
    type Result = ();

    fn handle(&mut self, reconciled: Reconciled, _: &mut Self::Context) {
        self.reconciled_at = self.context.clock.now();
        self.latest_found = reconciled.latest.unwrap_or(self.latest_found);
    }
}

impl Handler<SagaPanicked> for Recovery {
    type Result = ();

    fn handle(&mut self, _: SagaPanicked, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
