//! Turns a request into a durable order: quote, then pre-order. Refused orders are written too, so that the same
//! idempotency key always gets the same result.

use std::sync::Arc;

use super::Context;
use super::message::{PlaceOrder, PlaceOrderResult, Placed, Quote};
use super::quote::quote;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::OrderId;
use crate::domain::idempotency::Fingerprint;
use crate::domain::pricing::Price;
use crate::domain::refusal::Refused;
use crate::domain::status::OrderStatus;
use crate::order::message::{Draft, Order, PreOrder, PreOrdered};

/// The outcome of [`write`].
pub enum WriteOutcome {
    /// The order is written as unconfirmed; the caller must drive its saga.
    Created(Arc<Order>),
    /// The result is final without a saga: the order was refused, or the key was used before.
    Decided(Placed),
}

/// Writes the requested order under `order_id`. If the key was used before, the result is that of the earlier order,
/// regardless of the current quote.
pub async fn write(context: &Context, place: PlaceOrder, order_id: OrderId) -> Reply<WriteOutcome> {
    let quoted = quote(context, Some(place.user_id), &place.request).await?;
    let fingerprint = place.fingerprint.clone();
    match pre_order(context, draft(context, place, order_id, quoted)).await? {
        PreOrdered::Existed(order) if order.order_id != order_id => {
            Ok(WriteOutcome::Decided(Placed { result: replay(order, &fingerprint), is_replay: true }))
        }
        PreOrdered::Written(order) | PreOrdered::Existed(order) => Ok(match order.refusal {
            Some(refusal) => {
                let refused = Refused { refusal, causes: order.refusal_data };
                WriteOutcome::Decided(PlaceOrderResult::Refused(refused, order_id).into())
            }
            None => WriteOutcome::Created(Arc::new(order)),
        }),
    }
}

/// Sends the pre-order. If the outcome is unknown, it is retried under the same id until the order's deadline.
async fn pre_order(context: &Context, draft: Draft) -> Reply<PreOrdered> {
    let (mut attempts, draft) = (0, Arc::new(draft));
    loop {
        match ask(&context.owners.order, PreOrder(Arc::clone(&draft))).await {
            Err(Failure::Unknown) if context.clock.now() < draft.deadline => {
                attempts += 1;
                tokio::time::sleep(context.orders.backoff.delay(attempts)).await;
            }
            reply => return reply,
        }
    }
}

fn draft(context: &Context, place: PlaceOrder, order_id: OrderId, quote: Quote) -> Draft {
    let PlaceOrder { user_id, key, fingerprint, request } = place;
    let (lines, price, refused) = match quote.into_order() {
        Ok((lines, price)) => (lines, price, None),
        Err(refused) => (Vec::new(), Price::default(), Some(refused)),
    };
    Draft {
        order_id,
        user_id,
        key,
        fingerprint,
        address: request.address.into(),
        consignee: request.consignee.into(),
        lines: lines.into(),
        price,
        coupon_id: request.coupon_id,
        deadline: context.clock.now().plus(context.orders.deadline.0),
        refused,
    }
}

/// The result of a request with this fingerprint whose key was used before, for `order`.
fn replay(order: Order, fingerprint: &Fingerprint) -> PlaceOrderResult {
    if order.fingerprint != *fingerprint {
        return PlaceOrderResult::KeyReused;
    }
    match (order.order_status, order.refusal) {
        (OrderStatus::Unconfirmed, _) => PlaceOrderResult::KeyInUse,
        (_, Some(refusal)) => {
            PlaceOrderResult::Refused(Refused { refusal, causes: order.refusal_data }, order.order_id)
        }
        (_, None) => PlaceOrderResult::Confirmed(Box::new(order)),
    }
}
