//! `/admin/refunds`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::status::RefundState;
use crate::http::extract::auth::Admin;
use crate::http::extract::listing::Listing;
use crate::http::extract::page::{Cursor, Limit, List, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::optional;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::pay::message::{FindRefund, ListRefunds, RefundDetails};

/// Query parameters of the list of refunds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundsQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<RefundState>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/refunds`: newest first, all or those in one state.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Listing { query, form }: Listing<RefundsQuery>) -> HandlerResult {
    form.answer(find_refunds(&state, query).await?, "Refund")
}

/// One page of the refunds that match `query`.
///
/// # Errors
/// 503 if Pay does not reply.
pub async fn find_refunds(state: &State, query: RefundsQuery) -> Result<List<RefundDetails>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = ListRefunds { status: query.status, before: page.before(), limit: page.fetch_limit() };
    let refunds = ask(&state.owners.pay, list).await?;
    Ok(page.list(refunds, |refund| refund.refund_id))
}

/// `GET /admin/refunds/{id}`
///
/// # Errors
/// 404 if the refund does not exist.
pub async fn show(_: Admin, state: web::Data<State>, PathId(refund_id): PathId<id::Refund>) -> HandlerResult {
    let refund = ask(&state.owners.pay, FindRefund { refund_id }).await?;
    refund.map(|refund| HttpResponse::Ok().json(refund)).ok_or(Problem::new(Code::NotFound))
}
