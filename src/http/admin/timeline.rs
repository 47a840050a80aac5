//! `/admin/orders/{id}/events`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::domain::id;
use crate::http::extract::auth::Admin;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::http::timeline::{Events, for_operators};
use crate::order;

/// `GET /admin/orders/{id}/events`
///
/// # Errors
/// 404 if the order does not exist.
pub async fn show(_: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    order.ok_or(Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().json(Events { items: for_operators(&state, order_id).await? }))
}
