//! Acts on orders.

use crate::actor::task::ask;
use crate::console::operator::Operator;
use crate::domain::id::OrderId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::status::{OrderStatus, ShippingStatus};
use crate::http::admin::order_action::{self, Cancellation, NewRefund, Shipment};
use crate::http::problem::{Code, Problem};
use crate::order::message::{FindAny, Order};

fn page_of(order_id: OrderId) -> String {
    format!("/console/orders/{order_id}")
}

/// Ships an order. An order that is shipped already, and of whose parcel nothing is said, stays so.
pub async fn ship(operator: &Operator, order_id: OrderId, shipment: Shipment) -> Result<String, Problem> {
    let is_bare = shipment.carrier.is_none() && shipment.tracking_no.is_none();
    let is_shipped = |order: &Order| order.shipping_status != ShippingStatus::Unshipped;
    match order_action::ship_as(&operator.state, operator.admin, order_id, shipment).await {
        Err(problem)
            if problem.code == Code::OrderNotShippable && is_bare && is(operator, order_id, is_shipped).await? => {}
        outcome => drop(outcome?),
    }
    Ok(page_of(order_id))
}

/// Cancels an order. An order that is cancelled already stays so.
pub async fn cancel(operator: &Operator, order_id: OrderId, cancellation: Cancellation) -> Result<String, Problem> {
    let is_cancelled = |order: &Order| order.order_status == OrderStatus::Cancelled;
    match order_action::cancel_as(&operator.state, operator.admin, order_id, cancellation).await {
        Err(problem) if problem.code == Code::OrderNotCancellable && is(operator, order_id, is_cancelled).await? => {}
        outcome => drop(outcome?),
    }
    Ok(page_of(order_id))
}

/// Whether the order is in a state.
async fn is(operator: &Operator, order_id: OrderId, state: impl Fn(&Order) -> bool) -> Result<bool, Problem> {
    let order = ask(&operator.state.owners.order, FindAny { order_id }).await?;
    Ok(order.is_some_and(|order| state(&order)))
}

/// Refunds an order.
pub async fn refund(
    operator: &Operator,
    key: IdempotencyKey,
    order_id: OrderId,
    refund: NewRefund,
) -> Result<String, Problem> {
    order_action::refund_as(&operator.state, operator.admin, Some(key), order_id, refund).await?;
    Ok(page_of(order_id))
}
