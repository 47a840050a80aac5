//! The lists under `/v1/users/me`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::coupon;
use crate::http::extract::auth::Customer;
use crate::http::extract::page::Page;
use crate::http::extract::query::Query;
use crate::http::state::{HandlerResult, State};
use crate::user::message::{ListMoneyLog, ListScoreLog};

/// `GET /v1/users/me/coupons`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn coupons(caller: Customer, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let list = coupon::message::List { user_id: caller.0, before: page.before(), limit: page.fetch_limit() };
    let coupons = ask(&state.owners.coupon, list).await?;
    Ok(HttpResponse::Ok().json(page.list(coupons, |coupon| coupon.coupon_id)))
}

/// `GET /v1/users/me/money-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn money_log(caller: Customer, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let log = ListMoneyLog { user_id: caller.0, before: page.before_part(), limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list_parts(log, |entry| (entry.order_id, entry.money_log_type.number()))))
}

/// `GET /v1/users/me/score-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn score_log(caller: Customer, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let log = ListScoreLog { user_id: caller.0, before: page.before_part(), limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list_parts(log, |entry| (entry.order_id, entry.score_log_type.number()))))
}
