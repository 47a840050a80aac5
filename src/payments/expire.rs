//! One order that is to be given up unpaid: its open payments are closed at their platforms first, for what is paid there
//! is paid.

use super::Tools;
use super::close::close_payments;
use super::message::Cancel;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{Move, State};
use crate::order::error::ActRefusal;
use crate::order::message::{Act, By, Do, Find, FindAny, Order};

/// Gives up an order whose time to be paid has passed.
pub async fn expire(tools: &Tools, order_id: OrderId) -> Reply<()> {
    if close_payments(tools, order_id).await? {
        // It was paid meanwhile where it is refused now: then there is nothing to give up.
        let _ = ask(&tools.order, Do { order_id, by: By::Shop, act: Act::Expire }).await?;
    }
    Ok(())
}

/// Gives up an order because somebody says so.
pub async fn cancel(tools: &Tools, task: Cancel) -> Reply<Result<Order, ActRefusal>> {
    let Cancel { order_id, by, reason } = task;
    let order = match by {
        By::Customer(user_id) => ask(&tools.order, Find { order_id, user_id }).await?,
        By::Shop | By::Admin(_) => ask(&tools.order, FindAny { order_id }).await?,
    };
    let Some(order) = order else { return Ok(Err(ActRefusal::NotFound)) };
    let state = State { order: order.order_status, pay: order.pay_status, shipping: order.shipping_status };
    if state.after(Move::Cancel).is_none() || !close_payments(tools, order_id).await? {
        return Ok(Err(ActRefusal::NotAllowed));
    }
    ask(&tools.order, Do { order_id, by, act: Act::Cancel(reason) }).await
}
