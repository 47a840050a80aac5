//! `GET /orders/{id}`: the page of one order.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::order_page::{View, content, state};
use super::visitor::Buyer;
use crate::actor::task::ask;
use crate::domain::event::Event;
use crate::domain::id::{self, OrderId};
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::http::timeline::events;
use crate::order::message::Order;
use crate::web::{live, preview};
use crate::{order, pay};

/// The most payments of an order that are looked at.
const PAYMENTS_MAX: i64 = 20;

/// The order that the forms of a page are sealed for. The seal has the idempotency key.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfOrder {
    /// Id of the order.
    pub order_id: OrderId,
}

/// `GET /orders/{id}`
///
/// # Errors
/// 404 if it does not exist or belongs to another user; 503.
pub async fn show(req: HttpRequest, buyer: Buyer, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let (order, events) = find(&buyer, order_id).await?;
    match live::answer(&req, &state(&order, &events)) {
        Some(answer) => Ok(answer),
        None => page(&buyer, StatusCode::OK, &order, &events, None).await,
    }
}

/// The page of an order after an act that was not performed for the reason `alert`.
///
/// # Errors
/// 404; 503.
pub async fn show_again(buyer: &Buyer, status: StatusCode, order_id: OrderId, alert: &str) -> HandlerResult {
    let (order, events) = find(buyer, order_id).await?;
    page(buyer, status, &order, &events, Some(alert)).await
}

/// The order and what has happened, as its customer sees it.
async fn find(buyer: &Buyer, order_id: OrderId) -> Result<(Order, Vec<Event>), Problem> {
    let (state, user_id) = (&buyer.visitor.state, buyer.user.user_id);
    let order = ask(&state.owners.order, order::message::Find { order_id, user_id }).await?;
    let order = order.ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut events = events(state, order_id).await?;
    events.retain(|event| !event.what.is_internal());
    Ok((order, events))
}

async fn page(
    buyer: &Buyer,
    status: StatusCode,
    order: &Order,
    events: &[Event],
    alert: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let visitor = &buyer.visitor;
    let (state, order_id) = (&visitor.state, order.order_id);
    let list =
        pay::message::List { user_id: buyer.user.user_id, order_id: Some(order_id), before: None, limit: PAYMENTS_MAX };
    let payments = ask(&state.owners.pay, list).await?;
    let token = preview::seal(state, &buyer.session, &OfOrder { order_id })?;
    let behind = visitor.has_console.then(|| format!("/console/orders/{order_id}"));
    let view = View {
        order,
        pay_pages: &state.pay_pages,
        payments: &payments,
        events,
        methods: &state.platforms.methods(),
        now: state.clock.now(),
        token: &token,
        behind: behind.as_deref(),
        alert,
    };
    Ok(visitor.page(status, visitor.words.purchase.order, content(visitor.words, &view)))
}
