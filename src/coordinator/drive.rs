//! Does what the saga decides: sends steps, waits between attempts, until the order is confirmed or cancelled.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::message::PlaceOrderResult;
use super::saga::{Effect, Event, Saga, decide};
use super::{Context, step};
use crate::order::message::Order;

/// Drives one saga to its end.
pub async fn drive(context: &Context, order: &Arc<Order>, begun: (Saga, Vec<Effect>)) -> Option<PlaceOrderResult> {
    let (mut saga, mut effects) = begun;
    let mut attempts = 0;
    let mut under_way: FuturesUnordered<LocalBoxFuture<'_, Event>> = FuturesUnordered::new();
    loop {
        for effect in effects {
            match effect {
                Effect::Send(step) => under_way.push(step::send(&context.owners, order, step).boxed_local()),
                Effect::SendLater(step) => {
                    attempts += 1;
                    context.health.record_replies(0, 0, 1);
                    let delay = context.orders.backoff.delay(attempts);
                    let later = async move {
                        tokio::time::sleep(delay).await;
                        step::send(&context.owners, order, step).await
                    };
                    under_way.push(later.boxed_local());
                }
                Effect::AnswerConfirmed(order) => return Some(PlaceOrderResult::Confirmed(order)),
                Effect::AnswerRefused(refusal, order) => {
                    return Some(PlaceOrderResult::Refused(refusal, order.order_id));
                }
            }
        }
        // Every phase but the last has something under way, so there is always a next event.
        let event = under_way.next().await?;
        if context.faults.hit("coordinator", "event").is_err() {
            return None;
        }
        (saga, effects) = decide(saga, event, context.clock.now());
    }
}
