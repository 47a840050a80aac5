//! `/admin/adjustments`: changes of balances and stocks by hand.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, GoodsId, UserId};
use crate::domain::money::Money;
use crate::http::extract::auth::Admin;
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::query::{Query, optional};
use crate::http::state::{HandlerResult, State};
use crate::{goods, user};

/// Query parameters of the list of adjustments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentsQuery {
    #[serde(default, deserialize_with = "optional")]
    user_id: Option<UserId>,
    #[serde(default, deserialize_with = "optional")]
    goods_id: Option<GoodsId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// An adjustment of a balance or of a stock.
#[derive(Debug, Serialize)]
struct Adjustment {
    adjustment_id: EntryId,
    #[serde(flatten)]
    change: Change,
    reason: String,
    /// Words for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The administrator; `None` for opening values.
    by: Option<UserId>,
    create_time: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Change {
    Balance { user_id: UserId, delta: Money, score: i64 },
    Stock { goods_id: GoodsId, delta: i64 },
}

impl From<user::message::Adjustment> for Adjustment {
    fn from(row: user::message::Adjustment) -> Self {
        let change = Change::Balance { user_id: row.user_id, delta: row.money, score: row.score };
        let (reason, message, by, create_time) = (row.reason, row.message, row.by, row.create_time);
        Self { adjustment_id: row.adjustment_id, change, reason, message, by, create_time }
    }
}

impl From<goods::message::Adjustment> for Adjustment {
    fn from(row: goods::message::Adjustment) -> Self {
        let change = Change::Stock { goods_id: row.goods_id, delta: row.delta };
        let (reason, by, create_time) = (row.reason, row.by, row.create_time);
        Self { adjustment_id: row.adjustment_id, change, reason, message: None, by, create_time }
    }
}

/// `GET /admin/adjustments`: newest first, all or those of one user or of one product.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(query): Query<AdjustmentsQuery>) -> HandlerResult {
    let AdjustmentsQuery { user_id, goods_id, limit, cursor } = query;
    let page = Page { limit, cursor };
    let (before, limit) = (page.before(), page.fetch_limit());
    let mut adjustments: Vec<Adjustment> = Vec::new();
    if goods_id.is_none() || user_id.is_some() {
        let list = user::message::ListAdjustments { user_id, before, limit };
        adjustments.extend(ask(&state.owners.user, list).await?.into_iter().map(Adjustment::from));
    }
    if user_id.is_none() || goods_id.is_some() {
        let list = goods::message::ListAdjustments { goods_id, before, limit };
        adjustments.extend(ask(&state.owners.goods, list).await?.into_iter().map(Adjustment::from));
    }
    adjustments.sort_by_key(|adjustment| std::cmp::Reverse(adjustment.adjustment_id));
    adjustments.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(HttpResponse::Ok().json(page.list(adjustments, |adjustment| adjustment.adjustment_id)))
}
