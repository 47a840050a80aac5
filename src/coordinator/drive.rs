//! Executes the effects of a saga: sends its steps and retries them with backoff until the order is confirmed or
//! cancelled.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::message::PlaceOrderResult;
use super::saga::{Effect, Event, Saga, Step, decide};
use super::tracker::InFlightGuard;
use super::{Context, step};
use crate::order::message::Order;

/// Drives one saga to its end, starting from the phase and effects in `initial`, and notes its
/// progress at `guard`. Returns `None` if an injected fault
/// interrupts it.
pub async fn drive(
    context: &Context,
    order: &Arc<Order>,
    initial: (Saga, Vec<Effect>),
    guard: &InFlightGuard,
) -> Option<PlaceOrderResult> {
    let (mut saga, mut effects) = initial;
    let (mut attempts, mut next_attempt) = (0, None);
    let mut in_flight = FuturesUnordered::new();
    loop {
        for effect in effects {
            match effect {
                Effect::Send(step) => in_flight.push(send_after(None, context, order, step)),
                Effect::SendLater(step) => {
                    attempts += 1;
                    context.health.record_replies(0, 0, 1);
                    let delay = context.orders.backoff.delay(attempts);
                    next_attempt = Some(context.clock.now().plus(delay));
                    in_flight.push(send_after(Some(delay), context, order, step));
                }
                Effect::AnswerConfirmed(order) => return Some(PlaceOrderResult::Confirmed(order)),
                Effect::AnswerRefused(refused, order) => {
                    return Some(PlaceOrderResult::Refused(refused, order.order_id));
                }
            }
        }
        guard.note(&saga, attempts, next_attempt);
        // In every phase except `Ended` at least one step is in flight, so there is always a next event.
        let event = in_flight.next().await?;
        if context.faults.hit("coordinator", "event").is_err() {
            return None;
        }
        let now = context.clock.now();
        // If the clock was set back, the deadline is no further ahead than that of a new order.
        saga.deadline = saga.deadline.min(now.plus(context.orders.deadline.0));
        (saga, effects) = decide(saga, event, context.clock.now_for_deadlines(context.orders.deadline.0));
    }
}

/// Sends the command of `step`, after `delay` if there is one. One function for both, so that the steps in flight are of one
/// type and need no boxes.
async fn send_after(delay: Option<Duration>, context: &Context, order: &Arc<Order>, step: Step) -> Event {
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    step::send(context, order, step).await
}
