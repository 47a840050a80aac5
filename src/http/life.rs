//! What is done to an order after it was placed: by its customer under `/v1/orders/{id}`, by the administrator under
//! `/admin/orders/{id}`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::auth::{Admin, Customer};
use super::body::{Body, Nothing};
use super::key::{Key, OptionalKey, fingerprint};
use super::path::PathId;
use super::problem::{Code, Problem};
use super::{Answer, State};
use crate::actor::task::ask;
use crate::domain::id::{self, OrderId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::text::Reason;
use crate::order::error::ActRefusal;
use crate::order::message::{Act, By, Do, Order, Refund};
use crate::settlement::message::Cancel;

/// Why an administrator gives an order up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    reason: Reason,
}

/// Why a customer wants the money back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRefund {
    reason: Option<Reason>,
}

/// What an administrator gives back: all that is left, or so much.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    amount: Option<Money>,
    reason: Reason,
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
    give_up(&state, Cancel { order_id, by: By::Customer(caller.0), reason: None }).await
}

/// `POST /admin/orders/{id}/cancel`
///
/// # Errors
/// As [`cancel`].
pub async fn cancel_for(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(why): Body<Cancellation>,
) -> Answer {
    give_up(&state, Cancel { order_id, by: By::Admin(admin.0), reason: Some(why.reason) }).await
}

async fn give_up(state: &State, cancel: Cancel) -> Answer {
    worded(state.settlement.send(cancel).await??, Code::OrderNotCancellable).map(ok)
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
    let act = Do { order_id, by: By::Customer(caller.0), act: Act::Receive };
    worded(ask(&state.owners.order, act).await?, Code::OrderNotReceivable).map(ok)
}

/// `POST /admin/orders/{id}/ship`
///
/// # Errors
/// 404; 409 where it is not paid, or shipped already.
pub async fn ship(admin: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>, _: Nothing) -> Answer {
    let act = Do { order_id, by: By::Admin(admin.0), act: Act::Ship };
    worded(ask(&state.owners.order, act).await?, Code::OrderNotShippable).map(ok)
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
    let asked = Asked { order_id, by: By::Customer(caller.0), key: Some(key), amount: None };
    give_back(&state, asked, &new, new.reason.clone()).await
}

/// `POST /admin/orders/{id}/refund`: accepted, the money follows. An idempotency key is taken, and not required.
///
/// # Errors
/// 404; 409 where it is not paid; 422 where it is more than what is left; what the idempotency key says.
pub async fn refund_for(
    admin: Admin,
    OptionalKey(key): OptionalKey,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<NewRefund>,
) -> Answer {
    if new.amount == Some(Money::ZERO) {
        return Err(Problem::field("amount", "must be more than 0"));
    }
    let asked = Asked { order_id, by: By::Admin(admin.0), key, amount: new.amount };
    give_back(&state, asked, &new, Some(new.reason.clone())).await
}

/// Who wants what back.
struct Asked {
    order_id: OrderId,
    by: By,
    key: Option<IdempotencyKey>,
    amount: Option<Money>,
}

async fn give_back<B: Serialize>(state: &State, asked: Asked, body: &B, reason: Option<Reason>) -> Answer {
    let Asked { order_id, by, key, amount } = asked;
    // The order is part of what the key stands for: it is in the path, not in the body.
    let fingerprint = fingerprint(&(order_id, body))?;
    let refund = Refund { refund_id: state.ids.next(), key, fingerprint, amount, reason };
    let outcome = ask(&state.owners.order, Do { order_id, by, act: Act::Refund(refund) }).await?;
    worded(outcome, Code::OrderNotRefundable).map(|order| HttpResponse::Accepted().json(order))
}

fn ok(order: Order) -> HttpResponse {
    HttpResponse::Ok().json(order)
}

fn worded(outcome: Result<Order, ActRefusal>, not_allowed: Code) -> Result<Order, Problem> {
    outcome.map_err(|refusal| match refusal {
        ActRefusal::NotFound => Problem::new(Code::NotFound),
        ActRefusal::NotAllowed => Problem::new(not_allowed),
        ActRefusal::TooMuch(left) => Problem::field("amount", format!("must be at most {left}")),
        ActRefusal::KeyReused => Problem::new(Code::IdempotencyKeyReused),
    })
}
