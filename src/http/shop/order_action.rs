//! Actions of a customer on their order: cancel, confirm receipt, request a refund.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::domain::id;
use crate::domain::text::Reason;
use crate::http::extract::auth::Customer;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::key::Key;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundParams};
use crate::http::problem::Code;
use crate::http::state::{HandlerResult, State};
use crate::order::message::{Action, Author};
use crate::payments::message::Cancel;

/// Body of a customer's refund request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRefund {
    reason: Option<Reason>,
}

/// `POST /v1/orders/{id}/cancel`
///
/// # Errors
/// 404; 409 if the order is paid or closed; 503 if a platform does not report whether a payment succeeded.
pub async fn cancel(
    caller: Customer,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    _: EmptyBody,
) -> HandlerResult {
    order_action::cancel(
        &state,
        Cancel { order_id, by: Author::Customer(caller.0), reason: None, message: None, without_platform: false },
    )
    .await
}

/// `POST /v1/orders/{id}/receive`
///
/// # Errors
/// 404; 409 if the order is not shipped.
pub async fn receive(
    caller: Customer,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    _: EmptyBody,
) -> HandlerResult {
    order_action::perform(&state, order_id, Author::Customer(caller.0), Action::Receive, Code::OrderNotReceivable).await
}

/// `POST /v1/orders/{id}/refund`. The response is 202; the money is transferred later.
///
/// # Errors
/// 404; 409 if the order is not paid or is shipped; 422 if the idempotency key was used for another request.
pub async fn refund(
    caller: Customer,
    Key(key): Key,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<OwnRefund>,
) -> HandlerResult {
    let params = RefundParams {
        order_id,
        author: Author::Customer(caller.0),
        key: Some(key),
        amount: None,
        units: Vec::new(),
        reason: new.reason.clone(),
        // The customer reads their own words.
        message: new.reason.clone(),
    };
    order_action::refund(&state, params, &new).await
}
