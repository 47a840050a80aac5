//! `/admin/goods/{id}/stock`.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, GoodsId};
use crate::domain::quantity::StockDelta;
use crate::domain::text::Reason;
use crate::goods;
use crate::goods::error::AdjustRefusal;
use crate::goods::message::Goods;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::journal::Performed;

/// Body of a stock adjustment: the signed number of units and the reason.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockChange {
    /// Number of units to add; negative to remove.
    pub delta: StockDelta,
    /// The reason.
    pub reason: Reason,
}

/// `POST /admin/goods/{id}/stock`
///
/// # Errors
/// 404; 422, naming `delta`, if the stock would leave its range, or if the idempotency key was used for another request.
pub async fn adjust(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    PathId(goods_id): PathId<id::Goods>,
    Body(change): Body<StockChange>,
) -> HandlerResult {
    Ok(key::performed(StatusCode::OK, &adjust_as(&state, admin, key, goods_id, change).await?))
}

/// Adjusts a stock in the name of an administrator.
///
/// # Errors
/// 404; 422, as the route.
pub async fn adjust_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    goods_id: GoodsId,
    change: StockChange,
) -> Result<Performed<Goods>, Problem> {
    let request = key::request(admin, key, &("stock", goods_id, &change))?;
    let adjust = goods::message::Adjust { goods_id, delta: change.delta, reason: change.reason, request };
    match ask(&state.owners.goods, adjust).await? {
        Ok(goods) => Ok(goods),
        Err(AdjustRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(AdjustRefusal::KeyReused) => Err(Problem::new(Code::IdempotencyKeyReused)),
        Err(AdjustRefusal::OutOfRange(available)) => {
            let detail = "must leave 0 to 1000000000 units in stock";
            Err(FieldError::new("delta", field_code::OUT_OF_RANGE, detail).with("available", available).into())
        }
    }
}
