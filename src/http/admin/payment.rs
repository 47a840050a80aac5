//! `/admin/payments/{id}/query`.

use actix_web::{HttpResponse, web};

use crate::domain::id;
use crate::http::extract::auth::Admin;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::payments::message::Query;

/// `POST /admin/payments/{id}/query`: queries the platform for the status of the payment and its refunds, and returns
/// the updated payment.
///
/// # Errors
/// 404; 503 if the platform does not answer.
pub async fn query(_: Admin, state: web::Data<State>, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let payment = state.payments.send(Query { pay_id }).await??;
    payment.map(|payment| HttpResponse::Ok().json(payment)).ok_or(Problem::new(Code::NotFound))
}
