//! `/v1/goods`: the catalogue.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::status::SaleStatus;
use crate::goods;
use crate::http::extract::condition::IfNoneMatch;
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Query;
use crate::http::goods_tag;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};

/// `GET /v1/goods`: the goods on sale, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let on_sale = Some(SaleStatus::OnSale);
    let list = goods::message::List { on_sale, before: page.before(), limit: page.fetch_limit() };
    let goods = ask(&state.owners.goods, list).await?;
    let goods = goods.into_iter().map(|goods| goods.shown(state.stock_shown)).collect();
    Ok(HttpResponse::Ok().json(page.list(goods, |goods| goods.goods_id)))
}

/// `GET /v1/goods/{id}`: goods, also off sale, because old orders have them. 304 if the client has them.
///
/// # Errors
/// 404 if the goods do not exist; 422 if `If-None-Match` has no tags.
pub async fn find(
    condition: IfNoneMatch,
    state: web::Data<State>,
    PathId(goods_id): PathId<id::Goods>,
) -> HandlerResult {
    let found = ask(&state.owners.goods, goods::message::Find { goods: vec![goods_id] }).await?;
    let goods = found.into_iter().next().ok_or(Problem::new(Code::NotFound))?;
    Ok(goods_tag::show(&goods.shown(state.stock_shown), &condition))
}
