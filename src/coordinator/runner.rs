//! Runs sagas, on whichever thread of this process.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix::{Message, Recipient};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::message::PlaceOrderResult;
use super::saga::{Effect, Saga};
use super::tracker::{InFlightGuard, Tracker};
use super::{Context, drive};
use crate::actor::supervisor::panic_text;
use crate::order::message::Order;
use crate::trace::Span;

/// Runs sagas on the thread that asks for it. Clones share what must be one for all threads: an order has one saga at a
/// time, and `orders.in_flight_max` is a limit of the process.
#[derive(Clone)]
pub struct SagaRunner {
    pub(super) context: Arc<Context>,
    pub(super) tracker: Tracker,
    pub(super) recovery: Arc<Recipient<SagaPanicked>>,
}

impl SagaRunner {
    /// Drives a saga in its own task, so that neither a disconnected caller nor a restart of the actor stops it. `Recovery`
    /// restarts if the task panics. `span` records the saga; the order's root span begins at `began` and ends with the saga.
    pub fn spawn(
        &self,
        guard: InFlightGuard,
        order: Arc<Order>,
        initial: (Saga, Vec<Effect>),
        (span, began): (Span, Instant),
    ) -> oneshot::Receiver<PlaceOrderResult> {
        let (sender, outcome) = oneshot::channel();
        let Self { context, recovery, .. } = self.clone();
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
                    let _ = recovery.send(SagaPanicked).await;
                }
            }
        });
        outcome
    }
}

/// The task of a saga panicked. `Recovery` restarts, and its first reconciliation resumes the order.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct SagaPanicked;
