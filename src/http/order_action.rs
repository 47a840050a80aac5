//! What the order routes of customers and of administrators share: the request to the owner and the wording of its answer.

use actix_web::HttpResponse;
use serde::Serialize;

use super::extract::key::fingerprint;
use super::problem::{Code, Problem};
use super::state::{Answer, State};
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::text::Reason;
use crate::order;
use crate::order::error::CommandRefusal;
use crate::order::message::{Action, Author, Command, Order};
use crate::payments::message::Cancel;

/// Gives up an unpaid order.
///
/// # Errors
/// 404; 409 where it is paid or ended; 503 where a platform does not tell whether it is paid.
pub async fn cancel(state: &State, task: Cancel) -> Answer {
    worded(state.payments.send(task).await??, Code::OrderNotCancellable).map(ok)
}

/// Does `act` to an order; `not_allowed` is the problem where its state does not allow that.
///
/// # Errors
/// 404; `not_allowed`.
pub async fn act(state: &State, order_id: OrderId, by: Author, act: Action, not_allowed: Code) -> Answer {
    worded(ask(&state.owners.order, Command { order_id, author: by, action: act }).await?, not_allowed).map(ok)
}

/// A refund that is asked for.
pub struct RefundAsked {
    /// The order.
    pub order_id: OrderId,
    /// The customer or the administrator.
    pub by: Author,
    /// The client's key.
    pub key: Option<IdempotencyKey>,
    /// How much; all that is left if missing.
    pub amount: Option<Money>,
}

/// Asks for a refund: 202, the money follows.
///
/// # Errors
/// 404; 409 where its state does not allow it; 422 where it is more than what is left; what the idempotency key says.
pub async fn refund<B: Serialize>(state: &State, asked: RefundAsked, body: &B, reason: Option<Reason>) -> Answer {
    let RefundAsked { order_id, by, key, amount } = asked;
    // The order is part of what the key stands for: it is in the path, not in the body.
    let fingerprint = fingerprint(&(order_id, body))?;
    let refund = order::message::Refund { refund_id: state.ids.next(), key, fingerprint, amount, reason };
    let outcome = ask(&state.owners.order, Command { order_id, author: by, action: Action::Refund(refund) }).await?;
    worded(outcome, Code::OrderNotRefundable).map(|order| HttpResponse::Accepted().json(order))
}

fn ok(order: Order) -> HttpResponse {
    HttpResponse::Ok().json(order)
}

fn worded(outcome: Result<Order, CommandRefusal>, not_allowed: Code) -> Result<Order, Problem> {
    outcome.map_err(|refusal| match refusal {
        CommandRefusal::NotFound => Problem::new(Code::NotFound),
        CommandRefusal::NotAllowed => Problem::new(not_allowed),
        CommandRefusal::TooMuch(left) => Problem::field("amount", format!("must be at most {left}")),
        CommandRefusal::KeyReused => Problem::new(Code::IdempotencyKeyReused),
    })
}
