//! Actions on orders, shared by the routes of customers and administrators.

use actix_web::HttpResponse;
use serde::Serialize;

use super::extract::key::fingerprint;
use super::problem::{Code, Problem};
use super::state::{HandlerResult, State};
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::text::Reason;
use crate::order;
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, Order};
use crate::payments::message::Cancel;

/// Cancels an unpaid order.
///
/// # Errors
/// 404; 409 if the order is paid or closed; 503 if a platform does not report whether a payment succeeded.
pub async fn cancel(state: &State, cancel: Cancel) -> HandlerResult {
    map_refusal(state.payments.send(cancel).await??, Code::OrderNotCancellable).map(ok)
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
    map_refusal(ask(&state.owners.order, Command { order_id, author, action }).await?, not_allowed).map(ok)
}

/// Parameters of a refund, apart from the request body and the reason.
pub struct RefundParams {
    /// Id of the order.
    pub order_id: OrderId,
    /// The customer or administrator who requests the refund.
    pub author: Author,
    /// The client's idempotency key.
    pub key: Option<IdempotencyKey>,
    /// Amount to refund; `None` refunds all that is left.
    pub amount: Option<Money>,
}

/// Requests a refund. The response is 202; the money is transferred later. `body` is the parsed request body, which is
/// part of the fingerprint.
///
/// # Errors
/// 404; 409 if the order's state does not allow it; 422 if the amount exceeds what is left, or if the idempotency key
/// was used for another request.
pub async fn refund<B: Serialize>(
    state: &State,
    params: RefundParams,
    body: &B,
    reason: Option<Reason>,
) -> HandlerResult {
    let RefundParams { order_id, author, key, amount } = params;
    // The order's id is in the path, not in the body. The fingerprint must cover it too.
    let fingerprint = fingerprint(&(order_id, body))?;
    let refund = order::message::Refund { refund_id: state.ids.next(), key, fingerprint, amount, reason };
    let outcome = ask(&state.owners.order, Command { order_id, author, action: Action::Refund(refund) }).await?;
    map_refusal(outcome, Code::OrderNotRefundable).map(|order| HttpResponse::Accepted().json(order))
}

fn ok(order: Order) -> HttpResponse {
    HttpResponse::Ok().json(order)
}

fn map_refusal(outcome: Result<Order, CommandRefusal>, not_allowed: Code) -> Result<Order, Problem> {
    outcome.map_err(|refusal| match refusal {
        CommandRefusal::NotFound => Problem::new(Code::NotFound),
        CommandRefusal::NotAllowed => Problem::new(not_allowed),
        CommandRefusal::TooMuch(left) => Problem::field("amount", format!("must be at most {left}")),
        CommandRefusal::KeyReused => Problem::new(Code::IdempotencyKeyReused),
    })
}
