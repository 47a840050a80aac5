//! From a request to a durable order: the key, the quote, the pre-order. A refusal is written too, so that the same key
//! gives the same answer for ever.

use std::sync::Arc;

use super::Context;
use super::message::{PlaceOrder, PlaceOrderResult};
use super::quote::{Quote, quote};
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::OrderId;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderStatus;
use crate::order::message::{Order, PreOrder, PreOrdered};

/// What a request leads to before its saga.
pub enum Written {
    /// The order is written; its saga is to be driven.
    New(Arc<Order>),
    /// It is answered already.
    Answered(PlaceOrderResult),
}

/// Writes the order of a request under `order_id`, or finds the one its key was used for: whatever the quote says now, that
/// one is the answer.
pub async fn write(context: &Context, place: &PlaceOrder, order_id: OrderId) -> Reply<Written> {
    let quoted = quote(context, place.user_id, &place.request).await?;
    match pre_order(context, new_order(context, place, order_id, quoted)).await? {
        PreOrdered::Existed(order) if order.order_id != order_id => Ok(Written::Answered(replay(order, place))),
        PreOrdered::Written(order) | PreOrdered::Existed(order) => Ok(match order.refusal {
            Some(refusal) => Written::Answered(PlaceOrderResult::Refused(refusal, order_id)),
            None => Written::New(Arc::new(order)),
        }),
    }
}

/// Sends the pre-order; where its outcome is unknown, again under the same id, as often as time allows.
async fn pre_order(context: &Context, task: PreOrder) -> Reply<PreOrdered> {
    let mut attempts = 0;
    loop {
        match ask(&context.owners.order, task.clone()).await {
            Err(Failure::Unknown) if context.clock.now() < task.deadline => {
                attempts += 1;
                tokio::time::sleep(context.orders.backoff.delay(attempts)).await;
            }
            answer => return answer,
        }
    }
}

fn new_order(context: &Context, place: &PlaceOrder, order_id: OrderId, quoted: Result<Quote, Refusal>) -> PreOrder {
    let request = &place.request;
    let (quote, refusal) = match quoted {
        Ok(quote) => (Some(quote), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let (lines, price) = quote.map_or_else(Default::default, |quote| (quote.lines, quote.price));
    PreOrder {
        order_id,
        user_id: place.user_id,
        key: place.key.clone(),
        fingerprint: place.fingerprint.clone(),
        address: request.address.clone(),
        consignee: request.consignee.clone(),
        lines,
        price,
        coupon_id: request.coupon_id,
        deadline: context.clock.now().plus(context.orders.deadline.0),
        refusal,
    }
}

/// What the key of an earlier request answers.
fn replay(order: Order, place: &PlaceOrder) -> PlaceOrderResult {
    if order.fingerprint != place.fingerprint.as_str() {
        return PlaceOrderResult::KeyReused;
    }
    match (order.order_status, order.refusal) {
        (OrderStatus::Unconfirmed, _) => PlaceOrderResult::KeyInUse,
        (_, Some(refusal)) => PlaceOrderResult::Refused(refusal, order.order_id),
        (_, None) => PlaceOrderResult::Confirmed(Box::new(order)),
    }
}
