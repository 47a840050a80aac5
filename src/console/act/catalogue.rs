//! Acts on goods.

use crate::console::operator::Operator;
use crate::domain::id::GoodsId;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::admin::goods::{self, ChangedGoods, NewGoods};
use crate::http::admin::stock::{self, StockChange};
use crate::http::extract::key::OptionalKey;
use crate::http::problem::Problem;

fn page_of(goods_id: GoodsId) -> String {
    format!("/console/goods/{goods_id}")
}

/// Creates goods.
pub async fn create_goods(operator: &Operator, key: IdempotencyKey, new: NewGoods) -> Result<String, Problem> {
    let goods = goods::create_as(&operator.state, operator.admin, OptionalKey(Some(key)), new).await?;
    Ok(page_of(goods.value.goods_id))
}

/// Changes goods that still have this revision. A change that is repeated changes nothing.
pub async fn change_goods(
    operator: &Operator,
    goods_id: GoodsId,
    changed: ChangedGoods,
    revision: i64,
) -> Result<String, Problem> {
    goods::change_as(&operator.state, operator.admin, goods_id, changed, Some(vec![revision])).await?;
    Ok(page_of(goods_id))
}

/// Adjusts a stock.
pub async fn adjust_stock(
    operator: &Operator,
    key: IdempotencyKey,
    goods_id: GoodsId,
    change: StockChange,
) -> Result<String, Problem> {
    stock::adjust_as(&operator.state, operator.admin, OptionalKey(Some(key)), goods_id, change).await?;
    Ok(page_of(goods_id))
}
