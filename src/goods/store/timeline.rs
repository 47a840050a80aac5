//! Goods' part of an order's timeline, read from its log.

use diesel::prelude::*;

use crate::actor::{Access, Task};
use crate::db::schema::{goods_number_log, goods_number_part};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::id::GoodsId;
use crate::domain::status::Direction;
use crate::goods::Goods;
use crate::goods::message;

/// Reads when stock was reserved for an order and when it was returned.
impl Task<Goods> for message::ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        use goods_number_log::dsl;
        let timeline = |task: &Self| {
            let log =
                dsl::goods_number_log.filter(dsl::order_id.eq(task.order_id)).order((dsl::log_time, dsl::goods_id));
            let log = log.select((dsl::direction, dsl::goods_id, dsl::goods_number, dsl::log_time));
            let rows: Vec<(Direction, GoodsId, i64, Timestamp)> = with_conn!(db, log.load(db))?;
            let event = |(direction, goods_id, number, at): (Direction, GoodsId, i64, Timestamp)| {
                let what = match direction {
                    Direction::Forward => What::StockTaken,
                    Direction::Back => What::StockGivenBack,
                };
                Event::new(at, what, format!("{number} of goods {goods_id}"))
                    .with("goods_id", goods_id)
                    .with("goods_number", number)
            };
            let parts = goods_number_part::table.filter(goods_number_part::order_id.eq(task.order_id));
            let parts = parts.order((goods_number_part::log_time, goods_number_part::goods_id));
            let parts = parts.select((
                goods_number_part::goods_id,
                goods_number_part::goods_number,
                goods_number_part::log_time,
            ));
            let parts: Vec<(GoodsId, i64, Timestamp)> = with_conn!(db, parts.load(db))?;
            let parts = parts.into_iter().map(|(goods_id, number, at)| (Direction::Back, goods_id, number, at));
            Ok(rows.into_iter().chain(parts).map(event).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
