//! Cancels unpaid orders. Open payments are closed at their platforms first, because an order that is paid there must
//! not be cancelled.

use super::Context;
use super::close::close_payments;
use super::message::Cancel;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{OrderState, Transition};
use crate::order;
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, Order};

/// Cancels an order that was not paid within `orders.pay_within`.
pub async fn expire(context: &Context, order_id: OrderId) -> Reply<()> {
    if close_payments(context, order_id).await? {
        // Order refuses if the order was paid in the meantime. Then there is nothing to cancel.
        let _ = ask(&context.order, Command { order_id, author: Author::Shop, action: Action::Expire }).await?;
    }
    Ok(())
}

/// Cancels an order at the request of `task.by`.
pub async fn cancel(context: &Context, task: Cancel) -> Reply<Result<Order, CommandRefusal>> {
    let Cancel { order_id, by, reason } = task;
    let order = match by {
        Author::Customer(user_id) => ask(&context.order, order::message::Find { order_id, user_id }).await?,
        Author::Shop | Author::Admin(_) => ask(&context.order, order::message::FindAny { order_id }).await?,
    };
    let Some(order) = order else { return Ok(Err(CommandRefusal::NotFound)) };
    let state = OrderState { order: order.order_status, pay: order.pay_status, shipping: order.shipping_status };
    if state.after(Transition::Cancel).is_none() || !close_payments(context, order_id).await? {
        return Ok(Err(CommandRefusal::NotAllowed));
    }
    ask(&context.order, Command { order_id, author: by, action: Action::Cancel(reason) }).await
}
