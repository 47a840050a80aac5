//! The lists under `/admin`, and the details of one order.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{self, OrderId, UserId};
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::domain::text::UserName;
use crate::http::extract::auth::Admin;
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::order::message::{OperatorLogEntry, Order};
use crate::pay::message::{ListParkedNotifications, Payment};
use crate::{order, pay, user};

/// Query parameters of the list of users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsersQuery {
    #[serde(default, deserialize_with = "optional")]
    user_name: Option<UserName>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/users`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn users(_: Admin, state: web::Data<State>, Query(query): Query<UsersQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = user::message::List { user_name: query.user_name, before: page.before(), limit: page.fetch_limit() };
    let users = ask(&state.owners.user, list).await?;
    Ok(HttpResponse::Ok().json(page.list(users, |user| user.user_id)))
}

/// Query parameters of the list of orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    #[serde(default, deserialize_with = "optional")]
    user_id: Option<UserId>,
    #[serde(default, deserialize_with = "optional")]
    order_status: Option<OrderStatus>,
    #[serde(default, deserialize_with = "optional")]
    pay_status: Option<PayStatus>,
    #[serde(default, deserialize_with = "optional")]
    shipping_status: Option<ShippingStatus>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/orders`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn orders(_: Admin, state: web::Data<State>, Query(query): Query<OrdersQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = order::message::ListAll {
        user_id: query.user_id,
        order_status: query.order_status,
        pay_status: query.pay_status,
        shipping_status: query.shipping_status,
        before: page.before(),
        limit: page.fetch_limit(),
    };
    let orders = ask(&state.owners.order, list).await?;
    Ok(HttpResponse::Ok().json(page.list(orders, |order| order.order_id)))
}

/// Response body: one order with its payments, operator log and timeline.
#[derive(Serialize)]
struct OrderDetails {
    #[serde(flatten)]
    order: Order,
    payments: Vec<Payment>,
    journal: Vec<OperatorLogEntry>,
    events: Vec<Event>,
}

/// Largest number of payments, and of log entries, in the details of one order.
const DETAILS_MAX: i64 = 100;

/// `GET /admin/orders/{id}`
///
/// # Errors
/// 404 if the order does not exist.
pub async fn order(_: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or(Problem::new(Code::NotFound))?;
    let order_id = Some(order_id);
    let payments = pay::message::ListAll { status: None, order_id, before: None, limit: DETAILS_MAX };
    let journal = order::message::ListOperatorLog { order_id, before: None, limit: DETAILS_MAX };
    let details = OrderDetails {
        payments: ask(&state.owners.pay, payments).await?,
        journal: ask(&state.owners.order, journal).await?,
        events: crate::http::timeline::events(&state, order.order_id).await?,
        order,
    };
    Ok(HttpResponse::Ok().json(details))
}

/// Query parameters of the list of payments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentsQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<pay::message::Status>,
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/payments`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn payments(_: Admin, state: web::Data<State>, Query(query): Query<PaymentsQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (status, order_id) = (query.status, query.order_id);
    let list = pay::message::ListAll { status, order_id, before: page.before(), limit: page.fetch_limit() };
    let payments = ask(&state.owners.pay, list).await?;
    Ok(HttpResponse::Ok().json(page.list(payments, |payment| payment.pay_id)))
}

/// `GET /admin/notices`: notifications of platforms that were rejected, each with its reason. The cursor is a time.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn notices(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let before = page.before::<id::Entry>().map(|at| Timestamp(at.get()));
    let notices = ask(&state.owners.pay, ListParkedNotifications { before, limit: page.fetch_limit() }).await?;
    Ok(HttpResponse::Ok().json(page.list_with(notices, |notice| format!("{:x}", notice.create_time.0))))
}

/// Query parameters of the operator log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorLogQuery {
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/journal`: the operator log, the actions of administrators on orders.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn journal(_: Admin, state: web::Data<State>, Query(query): Query<OperatorLogQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let journal =
        order::message::ListOperatorLog { order_id: query.order_id, before: page.before(), limit: page.fetch_limit() };
    let acts = ask(&state.owners.order, journal).await?;
    Ok(HttpResponse::Ok().json(page.list(acts, |act| act.act_id)))
}
