//! `/admin/goods/{id}/stock`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::quantity::StockDelta;
use crate::domain::text::Reason;
use crate::goods;
use crate::goods::error::AdjustRefusal;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};

/// Body of a stock adjustment: the signed number of units and the reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockChange {
    delta: StockDelta,
    reason: Reason,
}

/// `POST /admin/goods/{id}/stock`
///
/// # Errors
/// 404; 422, naming `delta`, if the stock would leave its range.
pub async fn adjust(
    _: Admin,
    state: web::Data<State>,
    PathId(goods_id): PathId<id::Goods>,
    Body(change): Body<StockChange>,
) -> HandlerResult {
    let adjust = goods::message::Adjust { goods_id, delta: change.delta, reason: change.reason };
    match ask(&state.owners.goods, adjust).await? {
        Ok(goods) => Ok(HttpResponse::Ok().json(goods)),
        Err(AdjustRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(AdjustRefusal::OutOfRange) => Err(Problem::field("delta", "must leave 0 to 1000000000 units in stock")),
    }
}
