//! The supervised coordinator actor. One runs on each thread that serves HTTP. It places the orders that arrive there and
//! replies within `orders.answer_within`.

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Addr, Handler, ResponseFuture, Supervised};

use super::message::{GetQuote, PlaceOrder, PlaceOrderResult, Placed, Quote};
use super::place::{self, WriteOutcome};
use super::runner::SagaRunner;
use super::{quote, saga};
use crate::actor::supervisor::supervise;
use crate::actor::{Failure, Reply};
use crate::trace::{Kind, Parent, Traced};

/// The coordinator's name on the status page.
pub const NAME: &str = "coordinator";

/// Runs the order sagas of the requests on its thread.
pub struct OrderCoordinator {
    runner: SagaRunner,
}

impl OrderCoordinator {
    /// Starts a coordinator on the current arbiter. It ends with its last address.
    #[must_use]
    pub fn start(runner: SagaRunner) -> Addr<Self> {
        supervise(Arc::clone(&runner.context.health), |_| Self { runner })
    }
}

/// Places an order. The caller waits at most `answer_within`; the saga continues after that. If the order is not
/// written by then, the outcome is unknown: a write that has not started is dropped, and one that has started is found
/// by [`ReconcileUnfinished`](super::message::ReconcileUnfinished).
async fn place(runner: SagaRunner, task: PlaceOrder) -> Reply<Placed> {
    let context = &runner.context;
    let started = Instant::now();
    let order_id = context.ids.next();
    let parent = Parent::current();
    let guard = runner.tracker.try_start(order_id).ok_or(Failure::Busy)?;
    let answer_within = context.orders.answer_within.get();
    let written = tokio::time::timeout(answer_within, place::write(context, task, order_id)).await;
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
    let outcome = runner.spawn(guard, order, initial, (span, started));
    let remaining = answer_within.saturating_sub(started.elapsed());
    let result = match tokio::time::timeout(remaining, outcome).await {
        Ok(result) => result.map_err(|_| Failure::Unknown)?,
        Err(_) => PlaceOrderResult::Accepted(order_id),
    };
    context.health.record_latencies(std::iter::once(started.elapsed()));
    Ok(result.into())
}

impl Actor for OrderCoordinator {
    type Context = actix::Context<Self>;
}

impl Supervised for OrderCoordinator {}

impl Handler<Traced<PlaceOrder>> for OrderCoordinator {
    type Result = ResponseFuture<Reply<Placed>>;

    fn handle(&mut self, task: Traced<PlaceOrder>, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.runner.context);
        if context.faults.hit(NAME, "handle").is_err() {
            let reply = Err(Failure::Busy);
            context.counts.record_reply(&reply);
            return Box::pin(std::future::ready(reply));
        }
        let runner = self.runner.clone();
        let Traced { message, parent } = task;
        let span = parent.child(|| "coordinator PlaceOrder".to_owned(), Kind::Internal);
        Box::pin(span.run(async move {
            let reply = place(runner, message).await;
            context.counts.record_reply(&reply);
            reply
        }))
    }
}

impl Handler<GetQuote> for OrderCoordinator {
    type Result = ResponseFuture<Reply<Quote>>;

    fn handle(&mut self, GetQuote { user_id, request }: GetQuote, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.runner.context);
        Box::pin(async move { quote::quote_with_caps(&context, user_id, &request).await })
    }
}
