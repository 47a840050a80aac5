//! The supervised actor: takes orders and payments, answers in time, and drives on what was left unfinished.

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, ResponseFuture, Supervised};
use tokio::sync::oneshot;

use super::message::{Look, Place, Placed, Sagas, Sweep};
use super::place::{self, Written};
use super::saga::{self, Effect, Saga};
use super::tracker::{Tracker, Working};
use super::{Tools, drive};
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::clock::Timestamp;
use crate::order::message::{CountUnfinished, Order, Unfinished};

/// The coordinator's name in the status page.
pub const NAME: &str = "coordinator";
const PAGE: i64 = 500;
/// A sweep this many intervals ago is none.
const SWEEPS_MISSED: u32 = 10;

/// Runs the sagas.
pub struct OrderCoordinator {
    tools: Arc<Tools>,
    tracker: Tracker,
    swept: Timestamp,
}

impl OrderCoordinator {
    /// Starts the coordinator on the current arbiter; it drives on what the last process left.
    #[must_use]
    pub fn start(tools: Tools) -> Addr<Self> {
        let health = Arc::clone(&tools.health);
        let tracker = Tracker::new(tools.orders.in_flight_max, Arc::clone(&health));
        supervise(health, |_| Self { swept: tools.clock.now(), tools: Arc::new(tools), tracker })
    }

    fn sweep_soon(&self, ctx: &Context<Self>) {
        let addr = ctx.address();
        actix::spawn(async move {
            let _ = addr.send(Sweep).await;
        });
    }
}

/// Places an order; the caller waits at most `answer_within`, the order goes on without. Where it is not even written then,
/// and its writing has not begun, it is dropped: nobody waits for it. Where it has, the sweep finds it.
async fn place(tools: Arc<Tools>, tracker: Tracker, addr: Addr<OrderCoordinator>, task: Place) -> Reply<Placed> {
    let began = Instant::now();
    let order_id = tools.ids.next();
    let working = tracker.begin(order_id).ok_or(Failure::Busy)?;
    let within = tools.orders.answer_within.0;
    let written = tokio::time::timeout(within, place::write(&tools, &task, order_id)).await;
    let order = match written.map_err(|_| Failure::Unknown)?? {
        Written::Answered(placed) => return Ok(placed),
        Written::New(order) => order,
    };
    let begun = saga::begin(&order);
    let outcome = spawn_drive(Arc::clone(&tools), addr, working, order, begun);
    let left = within.saturating_sub(began.elapsed());
    let placed = match tokio::time::timeout(left, outcome).await {
        Ok(placed) => placed.map_err(|_| Failure::Unknown)?,
        Err(_) => Placed::Accepted(order_id),
    };
    tools.health.took(std::iter::once(began.elapsed()));
    Ok(placed)
}

/// Drives a saga in a task of its own: neither a caller who leaves nor a restart of the actor stops it.
fn spawn_drive(
    tools: Arc<Tools>,
    addr: Addr<OrderCoordinator>,
    working: Working,
    order: Arc<Order>,
    begun: (Saga, Vec<Effect>),
) -> oneshot::Receiver<Placed> {
    let (answer, outcome) = oneshot::channel();
    let task = actix::spawn({
        let tools = Arc::clone(&tools);
        async move {
            let placed = drive::drive(&tools, &order, begun).await;
            drop(working);
            if let Some(placed) = placed {
                tools.health.answered(1, 0, 0);
                // A caller who left asks again with the same key.
                drop(answer.send(placed));
            }
        }
    });
    actix::spawn(async move {
        if let Err(panic) = task.await {
            tools.health.answered(0, 1, 0);
            tools.health.failed_with(&panic.to_string());
            let _ = addr.send(SagaPanicked).await;
        }
    });
    outcome
}

/// Drives on the unfinished orders nobody works on, the earliest deadline first, as many as there is room for. Those of
/// another node are left to it, and given up in its stead once their deadline has passed: it may be gone for good.
async fn sweep(tools: Arc<Tools>, tracker: Tracker, addr: Addr<OrderCoordinator>) -> Reply<usize> {
    let mut after = None;
    while !tracker.is_full() {
        let page = ask(&tools.owners.order, Unfinished { until: latest(&tools), after, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.deadline_time, last.order_id));
        let now = tools.clock.now();
        let is_ours = |order: &Order| order.order_id.node() == tools.ids.node() || now >= order.deadline_time;
        for order in page.into_iter().filter(is_ours) {
            let Some(working) = tracker.begin(order.order_id) else { continue };
            let begun = saga::recover(&order, now);
            drop(spawn_drive(Arc::clone(&tools), addr.clone(), working, Arc::new(order), begun));
        }
    }
    Ok(tracker.count())
}

/// The latest deadline an unfinished order can have.
fn latest(tools: &Tools) -> Timestamp {
    tools.clock.now().plus(tools.orders.deadline.0)
}

impl Actor for OrderCoordinator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.sweep_soon(ctx);
        ctx.run_interval(self.tools.orders.sweep_every.0, |me, ctx| me.sweep_soon(ctx));
    }
}

impl Supervised for OrderCoordinator {}

impl Handler<Place> for OrderCoordinator {
    type Result = ResponseFuture<Reply<Placed>>;

    fn handle(&mut self, task: Place, ctx: &mut Self::Context) -> Self::Result {
        if self.tools.faults.hit(NAME, "handle").is_err() {
            return Box::pin(std::future::ready(Err(Failure::Busy)));
        }
        Box::pin(place(Arc::clone(&self.tools), self.tracker.clone(), ctx.address(), task))
    }
}

impl Handler<Sweep> for OrderCoordinator {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Sweep, ctx: &mut Self::Context) -> Self::Result {
        let (tools, tracker, addr) = (Arc::clone(&self.tools), self.tracker.clone(), ctx.address());
        Box::pin(async move {
            let under_way = tracker.count();
            match sweep(tools, tracker, addr.clone()).await {
                Ok(count) => {
                    let _ = addr.send(Swept).await;
                    count
                }
                Err(_) => under_way,
            }
        })
    }
}

impl Handler<Look> for OrderCoordinator {
    type Result = ResponseFuture<Sagas>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let (tools, in_flight) = (Arc::clone(&self.tools), self.tracker.count());
        let stale = tools.clock.now().since(self.swept) > tools.orders.sweep_every.0 * SWEEPS_MISSED;
        Box::pin(async move {
            let unconfirmed = ask(&tools.owners.order, CountUnfinished { until: latest(&tools) }).await.ok();
            let worked_on = i64::try_from(in_flight).unwrap_or(i64::MAX);
            let unwatched = |unconfirmed: i64| if stale { unconfirmed.saturating_sub(worked_on).max(0) } else { 0 };
            Sagas { in_flight, unconfirmed, without_wakeup: unconfirmed.map(unwatched) }
        })
    }
}

/// A sweep saw all that is unfinished.
#[derive(Message)]
#[rtype(result = "()")]
struct Swept;

impl Handler<Swept> for OrderCoordinator {
    type Result = ();

    fn handle(&mut self, _: Swept, _: &mut Self::Context) {
        self.swept = self.tools.clock.now();
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
