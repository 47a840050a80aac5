//! Cancels unpaid orders. Open payments are closed at their platforms first, because an order that is paid there must
//! not be cancelled. Only an administrator can give up a payment whose platform does not respond.

use super::Context;
use super::close::{Closed, GiveUp, close_payments};
use super::message::Cancel;
use super::platform::single::CallKind;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::lifecycle::Transition;
use crate::order;
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, GivenUp, Order};

/// Cancels an order that was not paid within `orders.pay_within`.
pub async fn expire(context: &Context, order_id: OrderId) -> Reply<()> {
    if close_payments(context, CallKind::Expire, order_id, GiveUp::Never).await? != Closed::Paid {
        // Order refuses if the order was paid in the meantime. Then there is nothing to cancel.
        let _ = ask(&context.order, Command { order_id, author: Author::Shop, action: Action::Expire }).await?;
    }
    Ok(())
}

/// Cancels an order at the request of `task.by`.
pub async fn cancel(context: &Context, task: Cancel) -> Reply<Result<Order, CommandRefusal>> {
    let Cancel { order_id, by, reason, message, without_platform } = task;
    let kind = match by {
        Author::Customer(_) => CallKind::Customer,
        Author::Shop | Author::Admin(_) => CallKind::Operator,
    };
    let order = match by {
        Author::Customer(user_id) => ask(&context.order, order::message::Find { order_id, user_id }).await?,
        Author::Shop | Author::Admin(_) => ask(&context.order, order::message::FindAny { order_id }).await?,
    };
    let Some(order) = order else { return Ok(Err(CommandRefusal::NotFound)) };
    if order.state().after(Transition::Cancel).is_none() {
        return Ok(Err(CommandRefusal::NotAllowed(order.state())));
    }
    let give_up = match by {
        Author::Admin(_) if without_platform => GiveUp::Always,
        Author::Admin(_) => GiveUp::IfOver,
        Author::Customer(_) | Author::Shop => GiveUp::Never,
    };
    let Closed::All { given_up } = close_payments(context, kind, order_id, give_up).await? else {
        return Ok(Err(CommandRefusal::NotAllowed(order.state())));
    };
    let given_up = given_up.into_iter().map(|payment| GivenUp {
        pay_id: payment.pay_id,
        amount: payment.pay_amount,
        provider: payment.provider,
    });
    let given_up = given_up.collect();
    let command = Command { order_id, author: by, action: Action::Cancel { reason, message, given_up } };
    Ok(ask(&context.order, command).await?.map(|commanded| commanded.order))
}
