//! Actions on orders, shared by the routes of customers and administrators.

use actix_web::HttpResponse;
use serde::Serialize;

use super::extract::key::{fingerprint, mark_replay, replayed};
use super::problem::{Code, FieldError, Problem, field_code};
use super::state::{HandlerResult, State};
use crate::actor::task::ask;
use crate::domain::id::{OrderId, RefundId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::returned::{Excess, Units};
use crate::domain::text::{CustomerMessage, Reason};
use crate::order;
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, Commanded, Order};
use crate::payments::message::Cancel;
use crate::trace::Traced;

/// Cancels an unpaid order.
///
/// # Errors
/// 404; 409 if the order is paid or closed; 503 if a platform does not report whether a payment succeeded.
pub async fn cancel(state: &State, cancel: Cancel) -> HandlerResult {
    cancelled(state.payments.send(Traced::new(cancel)).await??)
}

/// The response to a cancellation.
///
/// # Errors
/// 404; 409 if the order is paid or closed.
pub fn cancelled(outcome: Result<Order, CommandRefusal>) -> HandlerResult {
    map_refusal(outcome, Code::OrderNotCancellable).map(ok)
}

/// Performs `action` on an order in the name of `author`.
///
/// # Errors
/// 404; `not_allowed` if the order's state does not allow the action.
pub async fn perform(
    state: &State,
    order_id: OrderId,
    author: Author,
    action: Action,
    not_allowed: Code,
) -> HandlerResult {
    let outcome = ask(&state.owners.order, Command { order_id, author, action }).await?;
    map_refusal(outcome, not_allowed).map(|commanded| ok(commanded.order))
}

/// Parameters of a refund, apart from the request body.
pub struct RefundParams {
    /// Id of the order.
    pub order_id: OrderId,
    /// The customer or administrator who requests the refund.
    pub author: Author,
    /// The client's idempotency key.
    pub key: Option<IdempotencyKey>,
    /// Amount to refund; `None` refunds all that is left.
    pub amount: Option<Money>,
    /// Units that go back into stock.
    pub units: Vec<Units>,
    /// The author's reason.
    pub reason: Option<Reason>,
    /// Words for the customer.
    pub message: Option<CustomerMessage>,
}

/// Response body of a requested refund: the order, and the refund.
#[derive(Debug, Serialize)]
pub struct RequestedRefund {
    /// The order as it is now.
    #[serde(flatten)]
    pub order: Order,
    /// Id of the refund; `None` if nothing goes back through a platform.
    pub refund_id: Option<RefundId>,
}

/// Requests a refund. The response is 202 and names the refund; the money is transferred later. `body` is the parsed request body, which is
/// part of the fingerprint.
///
/// # Errors
/// 404; 409 if the order's state does not allow it; 422 if the amount exceeds what is left, or if the idempotency key
/// was used for another request.
pub async fn refund<B: Serialize>(state: &State, params: RefundParams, body: &B) -> HandlerResult {
    let RefundParams { order_id, author, key, amount, units, reason, message } = params;
    // The order's id is in the path, not in the body. The fingerprint must cover it too.
    let fingerprint = fingerprint(&(order_id, body))?;
    let refund =
        order::message::Refund { refund_id: state.ids.next(), key, fingerprint, amount, units, reason, message };
    let outcome = ask(&state.owners.order, Command { order_id, author, action: Action::Refund(refund) }).await?;
    let Commanded { order, refund_id, is_replay } = map_refusal(outcome, Code::OrderNotRefundable)?;
    Ok(mark_replay(&mut HttpResponse::Accepted(), is_replay).json(RequestedRefund { order, refund_id }))
}

fn ok(order: Order) -> HttpResponse {
    HttpResponse::Ok().json(order)
}

/// 422: only `left` can be refunded.
pub fn amount_too_high(left: Money) -> Problem {
    let detail = format!("must be at most {left}");
    FieldError::new("amount", field_code::TOO_HIGH, detail).with("max", left).into()
}

fn map_refusal<T>(outcome: Result<T, CommandRefusal>, not_allowed: Code) -> Result<T, Problem> {
    outcome.map_err(|refusal| match refusal {
        CommandRefusal::NotFound => Problem::new(Code::NotFound),
        CommandRefusal::NotAllowed(state) => Problem::new(not_allowed).in_state(state),
        CommandRefusal::NotAllowedBefore(state) => replayed(Problem::new(not_allowed).in_state(state), true),
        CommandRefusal::TooMuch(left) => amount_too_high(left),
        CommandRefusal::TooManyUnits(excess) => too_many(excess),
        CommandRefusal::KeyReused => Problem::new(Code::IdempotencyKeyReused),
    })
}

/// The problem of a refund that returns more units than its order has left.
pub fn too_many(excess: Excess) -> Problem {
    match excess {
        Excess::NotOrdered { index } => {
            Problem::field(format!("goods[{index}].goods_id"), "must be goods of the order")
        }
        Excess::TooMany { index, left } => {
            Problem::field(format!("goods[{index}].goods_number"), format!("must be at most the {left} that are left"))
        }
    }
}
