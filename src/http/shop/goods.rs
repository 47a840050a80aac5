//! `/v1/goods`: the catalogue.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::domain::id;
use crate::goods;
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};

/// `GET /v1/goods`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let goods =
        ask(&state.owners.goods, goods::message::List { before: page.before(), limit: page.fetch_limit() }).await?;
    Ok(HttpResponse::Ok().json(page.list(goods, |goods| goods.goods_id)))
}

/// `GET /v1/goods/{id}`
///
/// # Errors
/// 404 if the goods do not exist.
pub async fn find(state: web::Data<State>, PathId(goods_id): PathId<id::Goods>) -> HandlerResult {
    let found = ask(&state.owners.goods, goods::message::Find { goods: vec![goods_id] }).await?;
    found.first().map(|goods| HttpResponse::Ok().json(goods)).ok_or(Problem::new(Code::NotFound))
}
