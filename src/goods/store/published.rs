//! The changes of stocks as events for other systems, made from the lines of Goods' chain alone.

use crate::db::{self, Db};
use crate::domain::id::{EntryId, GoodsId, OrderId, RefundId};
use crate::domain::status::Direction;
use crate::goods::Goods;
use crate::messaging::feed::data::{StockCause, StockChanged};
use crate::messaging::feed::event_type::{STOCK_ADJUSTMENT, STOCK_CHANGED, STOCK_LOG, STOCK_PART};
use crate::messaging::feed::{Line, Published, Publisher};

impl Publisher for Goods {
    fn events(&self, lines: &[Line<'_>], _: &mut Db) -> db::Result<Vec<Option<Published>>> {
        let event = |line: &Line<'_>| {
            let Some((key, data)) = changed(line).filter(|(_, data)| data.delta != 0) else { return Ok(None) };
            Published::new(&STOCK_CHANGED, key, data.goods_id, line.time(4), &data).map(Some)
        };
        lines.iter().map(event).collect()
    }
}

/// The key and the data of a line. A tombstone changes a stock by 0.
fn changed(line: &Line<'_>) -> Option<(String, StockChanged)> {
    Some(match line.start {
        STOCK_LOG => {
            let (order_id, goods_id) = (OrderId::new(line.integer(0)?), GoodsId::new(line.integer(1)?));
            let (direction, number) = (line.integer(2)?, line.integer(3)?);
            let is_taken = direction == i64::from(Direction::Forward.number());
            let cause = if is_taken { StockCause::Reserved } else { StockCause::Released };
            let delta = if is_taken { number.saturating_neg() } else { number };
            let key = format!("{order_id}-{goods_id}-{direction}");
            (key, StockChanged { goods_id, delta, cause, order_id: Some(order_id), refund_id: None })
        }
        STOCK_PART => {
            let (refund_id, goods_id) = (RefundId::new(line.integer(0)?), GoodsId::new(line.integer(1)?));
            let (order_id, delta) = (Some(OrderId::new(line.integer(2)?)), line.integer(3)?);
            let (cause, refund) = (StockCause::Returned, Some(refund_id));
            (format!("{refund_id}-{goods_id}"), StockChanged { goods_id, delta, cause, order_id, refund_id: refund })
        }
        STOCK_ADJUSTMENT => {
            let (goods_id, delta) = (GoodsId::new(line.integer(1)?), line.integer(2)?);
            let key = EntryId::new(line.integer(0)?).to_string();
            (key, StockChanged { goods_id, delta, cause: StockCause::Adjusted, order_id: None, refund_id: None })
        }
        _ => return None,
    })
}
