//! `/v1/orders/{id}/events`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::domain::id;
use crate::http::extract::auth::Customer;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::http::timeline::{Events, events};
use crate::order;

/// `GET /v1/orders/{id}/events`
///
/// # Errors
/// 404 if it does not exist or belongs to another user.
pub async fn show(caller: Customer, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::Find { order_id, user_id: caller.0 }).await?;
    order.ok_or(Problem::new(Code::NotFound))?;
    let mut items = events(&state, order_id).await?;
    items.retain(|event| !event.what.is_internal());
    items.iter_mut().for_each(|event| event.by = None);
    Ok(HttpResponse::Ok().json(Events { items }))
}
