//! `/admin/goods/{id}/stock`.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::quantity::StockDelta;
use crate::domain::text::Reason;
use crate::goods;
use crate::goods::error::AdjustRefusal;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};

/// Body of a stock adjustment: the signed number of units and the reason.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockChange {
    delta: StockDelta,
    reason: Reason,
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
    let request = key::request(admin, key, &("stock", goods_id, &change))?;
    let adjust = goods::message::Adjust { goods_id, delta: change.delta, reason: change.reason, request };
    match ask(&state.owners.goods, adjust).await? {
        Ok(goods) => Ok(key::performed(StatusCode::OK, &goods)),
        Err(AdjustRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(AdjustRefusal::KeyReused) => Err(Problem::new(Code::IdempotencyKeyReused)),
        Err(AdjustRefusal::OutOfRange(available)) => {
            let detail = "must leave 0 to 1000000000 units in stock";
            Err(FieldError::new("delta", field_code::OUT_OF_RANGE, detail).with("available", available).into())
        }
    }
}
