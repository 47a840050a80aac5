//! The lists under `/admin`, and one order with everything known of it.

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
use crate::http::extract::query::{Query, given};
use crate::http::problem::{Code, Problem};
use crate::http::state::{Answer, State};
use crate::order::message::{OperatorLogEntry, Order};
use crate::pay::message::{ListParkedNotifications, Payment};
use crate::{order, pay, user};

/// Which users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    #[serde(default, deserialize_with = "given")]
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
pub async fn users(_: Admin, state: web::Data<State>, Query(wanted): Query<Users>) -> Answer {
    let page = Page { limit: wanted.limit, cursor: wanted.cursor };
    let list = user::message::List { user_name: wanted.user_name, before: page.before(), limit: page.ask_for() };
    let users = ask(&state.owners.user, list).await?;
    Ok(HttpResponse::Ok().json(page.of(users, |user| user.user_id)))
}

/// Which orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    #[serde(default, deserialize_with = "given")]
    user_id: Option<UserId>,
    #[serde(default, deserialize_with = "given")]
    order_status: Option<OrderStatus>,
    #[serde(default, deserialize_with = "given")]
    pay_status: Option<PayStatus>,
    #[serde(default, deserialize_with = "given")]
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
pub async fn orders(_: Admin, state: web::Data<State>, Query(wanted): Query<Orders>) -> Answer {
    let page = Page { limit: wanted.limit, cursor: wanted.cursor };
    let list = order::message::ListAll {
        user_id: wanted.user_id,
        order_status: wanted.order_status,
        pay_status: wanted.pay_status,
        shipping_status: wanted.shipping_status,
        before: page.before(),
        limit: page.ask_for(),
    };
    let orders = ask(&state.owners.order, list).await?;
    Ok(HttpResponse::Ok().json(page.of(orders, |order| order.order_id)))
}

/// Everything known of one order.
#[derive(Serialize)]
struct Known {
    #[serde(flatten)]
    order: Order,
    payments: Vec<Payment>,
    journal: Vec<OperatorLogEntry>,
    events: Vec<Event>,
}

/// The most of each kind that is shown of one order.
const OF_ONE: i64 = 100;

/// `GET /admin/orders/{id}`
///
/// # Errors
/// 404.
pub async fn order(_: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> Answer {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or(Problem::new(Code::NotFound))?;
    let order_id = Some(order_id);
    let payments = pay::message::ListAll { status: None, order_id, before: None, limit: OF_ONE };
    let journal = order::message::ListOperatorLog { order_id, before: None, limit: OF_ONE };
    let known = Known {
        payments: ask(&state.owners.pay, payments).await?,
        journal: ask(&state.owners.order, journal).await?,
        events: crate::http::timeline::events(&state, order.order_id).await?,
        order,
    };
    Ok(HttpResponse::Ok().json(known))
}

/// Which payments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    #[serde(default, deserialize_with = "given")]
    status: Option<pay::message::Status>,
    #[serde(default, deserialize_with = "given")]
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
pub async fn payments(_: Admin, state: web::Data<State>, Query(wanted): Query<Payments>) -> Answer {
    let page = Page { limit: wanted.limit, cursor: wanted.cursor };
    let (status, order_id) = (wanted.status, wanted.order_id);
    let list = pay::message::ListAll { status, order_id, before: page.before(), limit: page.ask_for() };
    let payments = ask(&state.owners.pay, list).await?;
    Ok(HttpResponse::Ok().json(page.of(payments, |payment| payment.pay_id)))
}

/// `GET /admin/notices`: what platforms told and was not believed, with the reason.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn notices(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> Answer {
    let before = page.before::<id::Entry>().map(|at| Timestamp(at.get()));
    let notices = ask(&state.owners.pay, ListParkedNotifications { before, limit: page.ask_for() }).await?;
    Ok(HttpResponse::Ok().json(page.ending(notices, |notice| format!("{:x}", notice.create_time.0))))
}

/// Which acts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acts {
    #[serde(default, deserialize_with = "given")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/journal`: what administrators did to orders.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn journal(_: Admin, state: web::Data<State>, Query(wanted): Query<Acts>) -> Answer {
    let page = Page { limit: wanted.limit, cursor: wanted.cursor };
    let journal =
        order::message::ListOperatorLog { order_id: wanted.order_id, before: page.before(), limit: page.ask_for() };
    let acts = ask(&state.owners.order, journal).await?;
    Ok(HttpResponse::Ok().json(page.of(acts, |act| act.act_id)))
}
