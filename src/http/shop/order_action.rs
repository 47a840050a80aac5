//! What a customer does with an order after it was placed.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::domain::id;
use crate::domain::text::Reason;
use crate::http::extract::auth::Customer;
use crate::http::extract::body::{Body, Nothing};
use crate::http::extract::key::Key;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundAsked};
use crate::http::problem::Code;
use crate::http::state::{Answer, State};
use crate::order::message::{Action, Author};
use crate::payments::message::Cancel;

/// Why a customer wants the money back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRefund {
    reason: Option<Reason>,
}

/// `POST /v1/orders/{id}/cancel`
///
/// # Errors
/// 404; 409 where it is paid or ended; 503 where a platform does not tell whether it is paid.
pub async fn cancel(
    caller: Customer,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    _: Nothing,
) -> Answer {
    order_action::cancel(&state, Cancel { order_id, by: Author::Customer(caller.0), reason: None }).await
}

/// `POST /v1/orders/{id}/receive`
///
/// # Errors
/// 404; 409 where it is not shipped.
pub async fn receive(
    caller: Customer,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    _: Nothing,
) -> Answer {
    order_action::act(&state, order_id, Author::Customer(caller.0), Action::Receive, Code::OrderNotReceivable).await
}

/// `POST /v1/orders/{id}/refund`: accepted, the money follows.
///
/// # Errors
/// 404; 409 where it is not paid, or shipped; what the idempotency key says.
pub async fn refund(
    caller: Customer,
    Key(key): Key,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<OwnRefund>,
) -> Answer {
    let asked = RefundAsked { order_id, by: Author::Customer(caller.0), key: Some(key), amount: None };
    order_action::refund(&state, asked, &new, new.reason.clone()).await
}
