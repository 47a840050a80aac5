//! One order that is to be given up unpaid: its open payments are closed at their platforms first, for what is paid there
//! is paid.

use super::Context;
use super::close::close_payments;
use super::message::Cancel;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{OrderState, Transition};
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, Find, FindAny, Order};

/// Gives up an order whose time to be paid has passed.
pub async fn expire(context: &Context, order_id: OrderId) -> Reply<()> {
    if close_payments(context, order_id).await? {
        // It was paid meanwhile where it is refused now: then there is nothing to give up.
        let _ = ask(&context.order, Command { order_id, by: Author::Shop, act: Action::Expire }).await?;
    }
    Ok(())
}

/// Gives up an order because somebody says so.
pub async fn cancel(context: &Context, task: Cancel) -> Reply<Result<Order, CommandRefusal>> {
    let Cancel { order_id, by, reason } = task;
    let order = match by {
        Author::Customer(user_id) => ask(&context.order, Find { order_id, user_id }).await?,
        Author::Shop | Author::Admin(_) => ask(&context.order, FindAny { order_id }).await?,
    };
    let Some(order) = order else { return Ok(Err(CommandRefusal::NotFound)) };
    let state = OrderState { order: order.order_status, pay: order.pay_status, shipping: order.shipping_status };
    if state.after(Transition::Cancel).is_none() || !close_payments(context, order_id).await? {
        return Ok(Err(CommandRefusal::NotAllowed));
    }
    ask(&context.order, Command { order_id, by, act: Action::Cancel(reason) }).await
}
