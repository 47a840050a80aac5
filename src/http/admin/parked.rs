//! `/admin/parked`: money that waits for an operator, and what the operator decides.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::id::{self, EntryId, OrderId, UserId};
use crate::domain::text::{CustomerMessage, Reason};
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::page::{self, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::order;
use crate::pay::error::DecisionRefusal;
use crate::pay::message::{Decide, Decision, ListParked, MatchedOrder, ParkedItem};

/// Body of a decision: why it is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Because {
    reason: Reason,
}

/// Body of a match: the order that the charge pays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMatch {
    order_id: OrderId,
    reason: Reason,
}

/// `GET /admin/parked`: charges and refunds that wait for an operator, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_parked(&state, page).await?))
}

/// One page of the charges and refunds that wait for an operator.
///
/// # Errors
/// 503 if Pay does not reply.
pub async fn find_parked(state: &State, page: Page) -> Result<page::List<ParkedItem>, Problem> {
    let list = ListParked { before: page.before(), limit: page.fetch_limit() };
    let items = ask(&state.owners.pay, list).await?;
    Ok(page.list(items, |item| item.parked_id))
}

/// Body of the return of a charge: why it is made, and words for the customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    reason: Reason,
    message: Option<CustomerMessage>,
}

/// Carries out a decision, with its reason for operators and words for the customer.
///
/// # Errors
/// 404; 409 if the item is decided otherwise or the decision does not fit it.
pub async fn decide(
    state: &State,
    admin: UserId,
    parked_id: EntryId,
    decision: Decision,
    (reason, message): (Reason, Option<CustomerMessage>),
) -> Result<ParkedItem, Problem> {
    let message = message.map(CustomerMessage::into_inner);
    let task = Decide { parked_id, admin, decision, reason: reason.into_inner(), message };
    ask(&state.owners.pay, task).await?.map_err(|refusal| match refusal {
        DecisionRefusal::NotFound => Problem::new(Code::NotFound),
        DecisionRefusal::AlreadyDecided(status) => {
            Problem::with(Code::AlreadyDecided, format!("It is {} already", status.word()))
                .with_data("parked_status", status)
        }
        DecisionRefusal::NotPossible(why) => Problem::with(Code::DecisionNotPossible, why),
    })
}

macro_rules! decisions {
    ($($(#[$doc:meta])* $name:ident => $decision:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// 404; 409 if the item is decided otherwise or the decision does not fit it.
        pub async fn $name(
            admin: Admin,
            state: web::Data<State>,
            PathId(parked_id): PathId<id::Entry>,
            Body(because): Body<Because>,
        ) -> HandlerResult {
            let item = decide(&state, admin.0, parked_id, $decision, (because.reason, None)).await?;
            Ok(HttpResponse::Ok().json(item))
        }
    )*};
}

decisions! {
    /// `POST /admin/parked/{id}/accept`: takes a charge as its payment, or a refund as made by other means.
    accept => Decision::Accept;
    /// `POST /admin/parked/{id}/dismiss`: does nothing about it.
    dismiss => Decision::Dismiss;
    /// `POST /admin/parked/{id}/retry`: sends a refund again under its number.
    retry => Decision::Retry;
}

/// `POST /admin/parked/{id}/refund`: gives a charge back at its platform.
///
/// # Errors
/// 404; 409 if the item is decided otherwise or the decision does not fit it.
pub async fn refund(
    admin: Admin,
    state: web::Data<State>,
    PathId(parked_id): PathId<id::Entry>,
    Body(NewReturn { reason, message }): Body<NewReturn>,
) -> HandlerResult {
    let item = decide(&state, admin.0, parked_id, Decision::Refund, (reason, message)).await?;
    Ok(HttpResponse::Ok().json(item))
}

/// `POST /admin/parked/{id}/match`: books a charge of an unknown payment as the payment of an order.
///
/// # Errors
/// 404; 409 if the item is decided otherwise or does not fit the order; 422 if there is no such order.
pub async fn assign(
    admin: Admin,
    state: web::Data<State>,
    PathId(parked_id): PathId<id::Entry>,
    Body(NewMatch { order_id, reason }): Body<NewMatch>,
) -> HandlerResult {
    let decision = matched(&state, order_id).await?;
    let item = decide(&state, admin.0, parked_id, decision, (reason, None)).await?;
    Ok(HttpResponse::Ok().json(item))
}

/// The decision that a charge pays this order.
///
/// # Errors
/// 422 if there is no such order.
pub async fn matched(state: &State, order_id: OrderId) -> Result<Decision, Problem> {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or_else(|| {
        Problem::from(FieldError::new("order_id", field_code::NOT_FOUND, "must be an order of this shop"))
    })?;
    Ok(Decision::Match(MatchedOrder { order_id, user_id: order.user_id, pay_amount: order.pay_amount }))
}
