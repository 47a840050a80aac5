//! `/admin/payments/{id}`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::domain::id;
use crate::http::extract::auth::Admin;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::pay;
use crate::payments::message::Query;
use crate::trace::Traced;

/// `GET /admin/payments/{id}`
///
/// # Errors
/// 404 if it does not exist.
pub async fn find(_: Admin, state: web::Data<State>, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let found = ask(&state.owners.pay, pay::message::FindAny { pay_id }).await?;
    found.map(|found| HttpResponse::Ok().json(found.payment.for_operators())).ok_or(Problem::new(Code::NotFound))
}

/// `POST /admin/payments/{id}/query`: queries the platform for the status of the payment and its refunds, and returns
/// the updated payment.
///
/// # Errors
/// 404; 503 if the platform does not answer.
pub async fn query(_: Admin, state: web::Data<State>, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let payment = state.payments.send(Traced::new(Query { pay_id })).await??;
    payment.map(|payment| HttpResponse::Ok().json(payment.for_operators())).ok_or(Problem::new(Code::NotFound))
}
