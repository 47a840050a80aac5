//! Acts on orders.

use crate::console::operator::Operator;
use crate::domain::id::OrderId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::status::OrderStatus;
use crate::http::admin::order_action::{self, Cancellation, NewRefund, Shipment};
use crate::http::problem::{Code, Problem};
use crate::order::message::FindAny;

fn page_of(order_id: OrderId) -> String {
    format!("/console/orders/{order_id}")
}

/// Ships an order.
pub async fn ship(operator: &Operator, order_id: OrderId, shipment: Shipment) -> Result<String, Problem> {
    order_action::ship_as(&operator.state, operator.admin, order_id, shipment).await?;
    Ok(page_of(order_id))
}

/// Cancels an order. An order that is cancelled already stays so.
pub async fn cancel(operator: &Operator, order_id: OrderId, cancellation: Cancellation) -> Result<String, Problem> {
    match order_action::cancel_as(&operator.state, operator.admin, order_id, cancellation).await {
        Err(problem) if problem.code == Code::OrderNotCancellable && is_cancelled(operator, order_id).await? => {}
        outcome => drop(outcome?),
    }
    Ok(page_of(order_id))
}

async fn is_cancelled(operator: &Operator, order_id: OrderId) -> Result<bool, Problem> {
    let order = crate::actor::task::ask(&operator.state.owners.order, FindAny { order_id }).await?;
    Ok(order.is_some_and(|order| order.order_status == OrderStatus::Cancelled))
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
