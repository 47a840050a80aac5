//! Acts on orders.

use crate::console::operator::Operator;
use crate::domain::id::OrderId;
use crate::http::admin::order_action::{self, Shipment};
use crate::http::problem::Problem;

fn page_of(order_id: OrderId) -> String {
    format!("/console/orders/{order_id}")
}

/// Ships an order.
pub async fn ship(operator: &Operator, order_id: OrderId, shipment: Shipment) -> Result<String, Problem> {
    order_action::ship_as(&operator.state, operator.admin, order_id, shipment).await?;
    Ok(page_of(order_id))
}
