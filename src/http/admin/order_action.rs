//! What an administrator does with an order.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::domain::id;
use crate::domain::money::Money;
use crate::domain::text::Reason;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, Nothing};
use crate::http::extract::key::OptionalKey;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundAsked};
use crate::http::problem::{Code, Problem};
use crate::http::state::{Answer, State};
use crate::order::message::{Action, Author};
use crate::payments::message::Cancel;

/// Why an administrator gives an order up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    reason: Reason,
}

/// What an administrator gives back: all that is left, or so much.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    amount: Option<Money>,
    reason: Reason,
}

/// `POST /admin/orders/{id}/cancel`
///
/// # Errors
/// As for a customer.
pub async fn cancel(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(why): Body<Cancellation>,
) -> Answer {
    order_action::cancel(&state, Cancel { order_id, by: Author::Admin(admin.0), reason: Some(why.reason) }).await
}

/// `POST /admin/orders/{id}/ship`
///
/// # Errors
/// 404; 409 where it is not paid, or shipped already.
pub async fn ship(admin: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>, _: Nothing) -> Answer {
    order_action::act(&state, order_id, Author::Admin(admin.0), Action::Ship, Code::OrderNotShippable).await
}

/// `POST /admin/orders/{id}/refund`: accepted, the money follows. An idempotency key is taken, and not required.
///
/// # Errors
/// 404; 409 where it is not paid; 422 where it is more than what is left; what the idempotency key says.
pub async fn refund(
    admin: Admin,
    OptionalKey(key): OptionalKey,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<NewRefund>,
) -> Answer {
    if new.amount == Some(Money::ZERO) {
        return Err(Problem::field("amount", "must be more than 0"));
    }
    let asked = RefundAsked { order_id, by: Author::Admin(admin.0), key, amount: new.amount };
    order_action::refund(&state, asked, &new, Some(new.reason.clone())).await
}
