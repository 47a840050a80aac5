//! `/v1/payments`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, OrderId};
use crate::domain::text::Payer;
use crate::http::extract::auth::Customer;
use crate::http::extract::body::Body;
use crate::http::extract::key::{Key, fingerprint};
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::pay;
use crate::payments::message::{PaymentStarted, StartPayment};

/// Body of a payment: the order to pay and the platform to pay it on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    order_id: OrderId,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer>,
}

/// `POST /v1/payments`
///
/// # Errors
/// 404 for an order that is not the caller's; 409 for an order that cannot be paid; 422 for an unknown platform, a
/// missing payer, or an idempotency key that was used for another request.
pub async fn start(
    caller: Customer,
    Key(key): Key,
    state: web::Data<State>,
    Body(new): Body<NewPayment>,
) -> HandlerResult {
    let start = StartPayment {
        user_id: caller.0,
        key,
        fingerprint: fingerprint(&new)?,
        order_id: new.order_id,
        provider: new.provider,
        payer: new.payer,
    };
    match state.payments.send(start).await?? {
        PaymentStarted::Started(payment) => {
            let location = format!("/v1/payments/{}", payment.pay_id);
            Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(payment))
        }
        PaymentStarted::Refused(refusal) => Err(refusal.into()),
        PaymentStarted::OrderNotFound => Err(Problem::new(Code::NotFound)),
        PaymentStarted::UnknownProvider => Err(Problem::field("provider", "must be a payment platform of this shop")),
        PaymentStarted::PayerMissing => Err(Problem::field("payer", "must say who the customer is on this platform")),
        PaymentStarted::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

/// `GET /v1/payments/{id}`
///
/// # Errors
/// 404 if it does not exist or belongs to another user.
pub async fn find(caller: Customer, state: web::Data<State>, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let payment = ask(&state.owners.pay, pay::message::Find { pay_id, user_id: caller.0 }).await?;
    payment.map(|payment| HttpResponse::Ok().json(payment)).ok_or(Problem::new(Code::NotFound))
}
