//! Actions of an administrator on an order: cancel, ship, refund.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::domain::id;
use crate::domain::money::Money;
use crate::domain::text::Reason;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::key::OptionalKey;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundParams};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::order::message::{Action, Author};
use crate::payments::message::Cancel;

/// Body of an administrator's cancellation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    reason: Reason,
}

/// Body of an administrator's refund. Without `amount`, all that is left is refunded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    amount: Option<Money>,
    reason: Reason,
}

/// `POST /admin/orders/{id}/cancel`
///
/// # Errors
/// 404; 409 if the order is paid or closed; 503 if a platform does not report whether a payment succeeded.
pub async fn cancel(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(cancellation): Body<Cancellation>,
) -> HandlerResult {
    order_action::cancel(&state, Cancel { order_id, by: Author::Admin(admin.0), reason: Some(cancellation.reason) })
        .await
}

/// `POST /admin/orders/{id}/ship`
///
/// # Errors
/// 404; 409 if the order is not paid or is shipped already.
pub async fn ship(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    _: EmptyBody,
) -> HandlerResult {
    order_action::perform(&state, order_id, Author::Admin(admin.0), Action::Ship, Code::OrderNotShippable).await
}

/// `POST /admin/orders/{id}/refund`. The response is 202; the money is transferred later. The key is optional.
///
/// # Errors
/// 404; 409 if the order is not paid; 422 if the amount exceeds what is left, or if the idempotency key was used for
/// another request.
pub async fn refund(
    admin: Admin,
    OptionalKey(key): OptionalKey,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<NewRefund>,
) -> HandlerResult {
    if new.amount == Some(Money::ZERO) {
        return Err(Problem::field("amount", "must be more than 0"));
    }
    let params = RefundParams { order_id, author: Author::Admin(admin.0), key, amount: new.amount };
    order_action::refund(&state, params, &new, Some(new.reason.clone())).await
}
