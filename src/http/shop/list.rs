//! The lists under `/v1/users/me`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::coupon;
use crate::domain::clock::Timestamp;
use crate::http::extract::auth::Customer;
use crate::http::extract::page::{Page, TimedPage};
use crate::http::extract::query::Query;
use crate::http::state::{HandlerResult, State};
use crate::user::message::{ListMoneyLog, ListScoreLog, LogPosition};

/// `GET /v1/users/me/coupons`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn coupons(caller: Customer, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let list = coupon::message::List { user_id: Some(caller.0), before: page.before(), limit: page.fetch_limit() };
    let coupons = ask(&state.owners.coupon, list).await?;
    Ok(HttpResponse::Ok().json(page.list(coupons, |coupon| coupon.coupon_id)))
}

/// `GET /v1/users/me/money-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn money_log(caller: Customer, state: web::Data<State>, Query(page): Query<TimedPage>) -> HandlerResult {
    let log = ListMoneyLog { user_id: caller.0, before: page.before(parse_tie)?, limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list(log, |entry| write_tie(entry.position))))
}

/// `GET /v1/users/me/score-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn score_log(caller: Customer, state: web::Data<State>, Query(page): Query<TimedPage>) -> HandlerResult {
    let log = ListScoreLog { user_id: caller.0, before: page.before(parse_tie)?, limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list(log, |entry| write_tie(entry.position))))
}

/// The second part of a cursor: an id in hexadecimal and a number.
fn parse_tie(text: &str) -> Option<(i64, i32)> {
    let (id, number) = text.split_once('.')?;
    Some((i64::from_str_radix(id, 16).ok().filter(|id| *id > 0)?, number.parse().ok()?))
}

fn write_tie((at, (id, number)): LogPosition) -> (Timestamp, String) {
    (at, format!("{id:x}.{number}"))
}
