//! The supervised actor: takes orders and payments, answers in time, and drives on what was left unfinished.

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Handler, Message, ResponseFuture, Supervised};
use tokio::sync::oneshot;

use super::message::{PlaceOrder, PlaceOrderResult, ReadSagas, ReconcileUnfinished, Sagas};
use super::place::{self, Written};
use super::saga::{self, Effect, Saga};
use super::tracker::{Tracker, Working};
use super::{Context, drive};
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::clock::Timestamp;
use crate::order::message::{CountUnfinished, Order, Unfinished};

/// The coordinator's name in the status page.
pub const NAME: &str = "coordinator";
const PAGE: i64 = 500;
/// A sweep this many intervals ago is none.
const INTERVALS_MISSED: u32 = 10;

/// Runs the sagas.
pub struct OrderCoordinator {
    context: Arc<Context>,
    tracker: Tracker,
    reconciled: Timestamp,
}

impl OrderCoordinator {
    /// Starts the coordinator on the current arbiter; it drives on what the last process left.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let health = Arc::clone(&context.health);
        let tracker = Tracker::new(context.orders.in_flight_max.get(), Arc::clone(&health));
        supervise(health, |_| Self { reconciled: context.clock.now(), context: Arc::new(context), tracker })
    }

    fn schedule_reconciliation(&self, ctx: &actix::Context<Self>) {
        let addr = ctx.address();
        actix::spawn(async move {
            let _ = addr.send(ReconcileUnfinished).await;
        });
    }
}

/// Places an order; the caller waits at most `answer_within`, the order goes on without. Where it is not even written then,
/// and its writing has not begun, it is dropped: nobody waits for it. Where it has, the sweep finds it.
async fn place(
    context: Arc<Context>,
    tracker: Tracker,
    addr: Addr<OrderCoordinator>,
    task: PlaceOrder,
) -> Reply<PlaceOrderResult> {
    let began = Instant::now();
    let order_id = context.ids.next();
    let working = tracker.begin(order_id).ok_or(Failure::Busy)?;
    let within = context.orders.answer_within.get();
    let written = tokio::time::timeout(within, place::write(&context, &task, order_id)).await;
    let order = match written.map_err(|_| Failure::Unknown)?? {
        Written::Answered(placed) => return Ok(placed),
        Written::New(order) => order,
    };
    let begun = saga::begin(&order);
    let outcome = spawn_drive(Arc::clone(&context), addr, working, order, begun);
    let left = within.saturating_sub(began.elapsed());
    let placed = match tokio::time::timeout(left, outcome).await {
        Ok(placed) => placed.map_err(|_| Failure::Unknown)?,
        Err(_) => PlaceOrderResult::Accepted(order_id),
    };
    context.health.record_latencies(std::iter::once(began.elapsed()));
    Ok(placed)
}

/// Drives a saga in a task of its own: neither a caller who leaves nor a restart of the actor stops it.
fn spawn_drive(
    context: Arc<Context>,
    addr: Addr<OrderCoordinator>,
    working: Working,
    order: Arc<Order>,
    begun: (Saga, Vec<Effect>),
) -> oneshot::Receiver<PlaceOrderResult> {
    let (answer, outcome) = oneshot::channel();
    let task = actix::spawn({
        let context = Arc::clone(&context);
        async move {
            let placed = drive::drive(&context, &order, begun).await;
            drop(working);
            if let Some(placed) = placed {
                context.health.record_replies(1, 0, 0);
                // A caller who left asks again with the same key.
                drop(answer.send(placed));
            }
        }
    });
    actix::spawn(async move {
        if let Err(panic) = task.await {
            context.health.record_replies(0, 1, 0);
            context.health.record_error(&panic.to_string());
            let _ = addr.send(SagaPanicked).await;
        }
    });
    outcome
}

/// Drives on the unfinished orders nobody works on, the earliest deadline first, as many as there is room for. Those of
/// another node are left to it, and given up in its stead once their deadline has passed: it may be gone for good.
async fn reconcile_unfinished(context: Arc<Context>, tracker: Tracker, addr: Addr<OrderCoordinator>) -> Reply<usize> {
    let mut after = None;
    while !tracker.is_full() {
        let page = ask(&context.owners.order, Unfinished { until: latest(&context), after, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.deadline_time, last.order_id));
        let now = context.clock.now();
        let is_ours = |order: &Order| order.order_id.node() == context.ids.node() || now >= order.deadline_time;
        for order in page.into_iter().filter(is_ours) {
            let Some(working) = tracker.begin(order.order_id) else { continue };
            let begun = saga::recover(&order, now);
            drop(spawn_drive(Arc::clone(&context), addr.clone(), working, Arc::new(order), begun));
        }
    }
    Ok(tracker.count())
}

/// The latest deadline an unfinished order can have.
fn latest(context: &Context) -> Timestamp {
    context.clock.now().plus(context.orders.deadline.0)
}

impl Actor for OrderCoordinator {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.schedule_reconciliation(ctx);
        ctx.run_interval(self.context.orders.sweep_every.get(), |me, ctx| me.schedule_reconciliation(ctx));
    }
}

impl Supervised for OrderCoordinator {}

impl Handler<PlaceOrder> for OrderCoordinator {
    type Result = ResponseFuture<Reply<PlaceOrderResult>>;

    fn handle(&mut self, task: PlaceOrder, ctx: &mut Self::Context) -> Self::Result {
        if self.context.faults.hit(NAME, "handle").is_err() {
            return Box::pin(std::future::ready(Err(Failure::Busy)));
        }
        Box::pin(place(Arc::clone(&self.context), self.tracker.clone(), ctx.address(), task))
    }
}

impl Handler<ReconcileUnfinished> for OrderCoordinator {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: ReconcileUnfinished, ctx: &mut Self::Context) -> Self::Result {
        let (context, tracker, addr) = (Arc::clone(&self.context), self.tracker.clone(), ctx.address());
        Box::pin(async move {
            let under_way = tracker.count();
            match reconcile_unfinished(context, tracker, addr.clone()).await {
                Ok(count) => {
                    let _ = addr.send(Reconciled).await;
                    count
                }
                Err(_) => under_way,
            }
        })
    }
}

impl Handler<ReadSagas> for OrderCoordinator {
    type Result = ResponseFuture<Sagas>;

    fn handle(&mut self, _: ReadSagas, _: &mut Self::Context) -> Self::Result {
        let (context, in_flight) = (Arc::clone(&self.context), self.tracker.count());
        let stale = context.clock.now().since(self.reconciled) > context.orders.sweep_every.get() * INTERVALS_MISSED;
        Box::pin(async move {
            let unconfirmed = ask(&context.owners.order, CountUnfinished { until: latest(&context) }).await.ok();
            let worked_on = i64::try_from(in_flight).unwrap_or(i64::MAX);
            let unwatched = |unconfirmed: i64| if stale { unconfirmed.saturating_sub(worked_on).max(0) } else { 0 };
            Sagas { in_flight, unconfirmed, without_wakeup: unconfirmed.map(unwatched) }
        })
    }
}

/// A sweep saw all that is unfinished.
#[derive(Message)]
#[rtype(result = "()")]
struct Reconciled;

impl Handler<Reconciled> for OrderCoordinator {
    type Result = ();

    fn handle(&mut self, _: Reconciled, _: &mut Self::Context) {
        self.reconciled = self.context.clock.now();
    }
}

/// A saga's task panicked: its order is driven on by the sweep a new life begins with.
#[derive(Message)]
#[rtype(result = "()")]
struct SagaPanicked;

impl Handler<SagaPanicked> for OrderCoordinator {
    type Result = ();

    fn handle(&mut self, _: SagaPanicked, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
