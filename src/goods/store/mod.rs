//! The tables of Goods: reserving, returning, listing, creating and changing.

mod timeline;

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::Goods;
use super::error::{AdjustRefusal, ReserveRefusal};
use super::message::{self, Change, Reserve};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{DELTA, Update};
use crate::db::schema::{goods, goods_adjustment, goods_number_log};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, GoodsId, OrderId};
use crate::domain::money::Money;
use crate::domain::quantity::Stock;
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::Direction;
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::inbox::bodies;
use crate::messaging::outbox;

#[derive(Insertable)]
#[diesel(table_name = goods_number_log, treat_none_as_default_value = false)]
struct LogRow {
    order_id: OrderId,
    goods_id: GoodsId,
    direction: Direction,
    goods_number: i64,
    log_time: Timestamp,
}

#[derive(Insertable)]
#[diesel(table_name = goods_adjustment, treat_none_as_default_value = false)]
struct AdjustmentRow {
    adjustment_id: EntryId,
    goods_id: GoodsId,
    delta: i64,
    reason: String,
    create_time: Timestamp,
}

/// Log rows of orders: the units of each goods, by order and direction.
type Log = HashMap<(OrderId, Direction), Vec<(GoodsId, i64)>>;

fn read_log(db: &mut Db, orders: &[OrderId]) -> db::Result<Log> {
    use goods_number_log::dsl;
    let rows: Vec<(OrderId, Direction, GoodsId, i64)> = db::load_by(orders, |orders| {
        with_conn!(
            db,
            dsl::goods_number_log
                .filter(any_of(dsl::order_id, orders))
                .select((dsl::order_id, dsl::direction, dsl::goods_id, dsl::goods_number))
                .load(db)
        )
    })?;
    let mut log = Log::new();
    for (order_id, direction, goods_id, number) in rows {
        log.entry((order_id, direction)).or_default().push((goods_id, number));
    }
    Ok(log)
}

/// Changes the stock of many goods. A change that would make a stock negative does not match its row, and the batch
/// fails.
const CHANGE_STOCK: Update = Update {
    table: "goods",
    given: DELTA,
    only: "goods_id = given.id AND goods_number + given.delta >= 0",
    set: "goods_number = goods_number + given.delta",
};

/// Locks and reads the stock of all goods in the batch, decides in arrival order, then reserves with one guarded
/// update.
///
/// The goods are locked before the log is read. Reserving for an order and returning its units lock the same goods, so
/// the second of the two always sees the log rows of the first.
impl Task<Goods> for Reserve {
    type Outcome = Result<(), ReserveRefusal>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), ReserveRefusal>>> {
        let now = owner.context.clock.now();
        let ids: Vec<GoodsId> = batch.iter().flat_map(|task| task.lines.iter().map(|(id, _)| *id)).collect();
        let mut available = lock_stock(db, &ids)?;
        let orders: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let mut known: HashSet<(OrderId, Direction)> = read_log(db, &orders)?.into_keys().collect();
        let mut deltas: BTreeMap<GoodsId, i64> = BTreeMap::new();
        let mut log = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let outcome = match reservation_state(&known, task.order_id) {
                ReservationState::Released => Err(ReserveRefusal::Released),
                ReservationState::Reserved => Ok(()),
                ReservationState::New => {
                    task.lines.iter().try_for_each(|(goods_id, number)| match available.get(goods_id) {
                        None => Err(ReserveRefusal::NotFound),
                        Some(units) if *units < number.get() => Err(ReserveRefusal::Insufficient),
                        Some(_) => Ok(()),
                    })
                }
            };
            if outcome.is_ok() && known.insert((task.order_id, Direction::Forward)) {
                for (goods_id, number) in &task.lines {
                    let number = number.get();
                    available.entry(*goods_id).and_modify(|units| *units -= number);
                    *deltas.entry(*goods_id).or_default() -= number;
                    log.push(log_row(task.order_id, *goods_id, Direction::Forward, number, now));
                }
            }
            outcomes.push(outcome);
        }
        CHANGE_STOCK.add(db, &deltas)?;
        insert_log(db, &log)?;
        Ok(outcomes)
    }
}

/// Consumes order/cancel and order/refund: returns the units that each order has reserved. The log rows of direction
/// `Back` are also tombstones: an order that has not reserved yet can no longer do so.
pub fn consume(owner: &Goods, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let released: Vec<Result<ReservationsReleased, String>> = bodies(messages);
    let orders: Vec<OrderId> = released.iter().flatten().map(|order| order.order_id).collect();
    lock_stock(db, &released.iter().flatten().flat_map(|order| order.goods.iter().copied()).collect::<Vec<_>>())?;
    let log = read_log(db, &orders)?;
    let mut returned: HashSet<OrderId> =
        log.keys().filter(|(_, direction)| *direction == Direction::Back).map(|(order_id, _)| *order_id).collect();
    let mut deltas: BTreeMap<GoodsId, i64> = BTreeMap::new();
    let mut rows = Vec::new();
    for order in released.iter().flatten().filter(|order| returned.insert(order.order_id)) {
        let reserved = log.get(&(order.order_id, Direction::Forward));
        for goods_id in &order.goods {
            let number = reserved.into_iter().flatten().find(|(id, _)| id == goods_id).map_or(0, |(_, number)| *number);
            *deltas.entry(*goods_id).or_default() += number;
            rows.push(log_row(order.order_id, *goods_id, Direction::Back, number, now));
        }
    }
    deltas.retain(|_, number| *number > 0);
    CHANGE_STOCK.add(db, &deltas)?;
    insert_log(db, &rows)?;
    Ok(released.into_iter().map(|order| order.map(drop)).collect())
}

fn lock_stock(db: &mut Db, ids: &[GoodsId]) -> db::Result<HashMap<GoodsId, i64>> {
    let rows: Vec<(GoodsId, i64)> = db::load_by(ids, |ids| {
        let stock = goods::table.filter(any_of(goods::goods_id, ids)).order(goods::goods_id);
        with_conn!(db, for_update(stock.select((goods::goods_id, goods::goods_number))).load(db))
    })?;
    Ok(rows.into_iter().collect())
}

const fn log_row(order_id: OrderId, goods_id: GoodsId, direction: Direction, number: i64, now: Timestamp) -> LogRow {
    LogRow { order_id, goods_id, direction, goods_number: number, log_time: now }
}

fn insert_log(db: &mut Db, rows: &[LogRow]) -> db::Result<()> {
    insert_all!(db, goods_number_log::table, rows)
}

/// Reads pages of goods, newest first.
impl Task<Goods> for message::List {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Goods>>> {
        let page = |task: &Self| {
            let older = goods::table.filter(goods::goods_id.lt(task.before.unwrap_or(GoodsId::new(i64::MAX))));
            Ok(with_conn!(db, older.order(goods::goods_id.desc()).limit(task.limit).load(db))?)
        };
        batch.iter().map(page).collect()
    }
}

/// Finds goods by their ids with one query for the whole batch.
impl Task<Goods> for message::Find {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Goods>>> {
        let ids: HashSet<GoodsId> = batch.iter().flat_map(|task| task.goods.iter().copied()).collect();
        let rows: Vec<message::Goods> = db::load_by(&ids.into_iter().collect::<Vec<_>>(), |ids| {
            with_conn!(db, goods::table.filter(any_of(goods::goods_id, ids)).load(db))
        })?;
        let rows: HashMap<GoodsId, message::Goods> = rows.into_iter().map(|row| (row.goods_id, row)).collect();
        Ok(batch.iter().map(|task| task.goods.iter().filter_map(|id| rows.get(id).cloned()).collect()).collect())
    }
}

/// Inserts goods. The opening stock is recorded as their first adjustment.
impl Task<Goods> for message::Create {
    type Outcome = message::Goods;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<message::Goods>> {
        let now = owner.context.clock.now();
        let create = |task: &Self| {
            let row = message::Goods {
                goods_id: task.goods_id,
                goods_name: task.goods_name.clone().into_inner(),
                goods_number: task.goods_number.get(),
                goods_price: task.goods_price,
                goods_desc: task.goods_desc.clone().into_inner(),
                add_time: now,
            };
            let values = (
                goods::goods_id.eq(row.goods_id),
                goods::goods_name.eq(&row.goods_name),
                goods::goods_number.eq(row.goods_number),
                goods::goods_price.eq(row.goods_price),
                goods::goods_desc.eq(&row.goods_desc),
                goods::add_time.eq(row.add_time),
            );
            with_conn!(db, diesel::insert_into(goods::table).values(values).execute(db))?;
            insert_adjustment(owner, db, row.goods_id, row.goods_number, "opening stock".to_owned(), now)?;
            Ok(row)
        };
        batch.iter().map(create).collect()
    }
}

#[derive(AsChangeset)]
#[diesel(table_name = goods)]
struct Changes {
    goods_name: Option<String>,
    goods_price: Option<Money>,
    goods_desc: Option<String>,
}

/// Updates goods; attributes that are `None` keep their value.
impl Task<Goods> for Change {
    type Outcome = Option<message::Goods>;
    const ACCESS: Access = Access::Write;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Goods>>> {
        let change = |task: &Change| {
            let changes = Changes {
                goods_name: task.goods_name.clone().map(crate::domain::text::Text::into_inner),
                goods_price: task.goods_price,
                goods_desc: task.goods_desc.clone().map(crate::domain::text::Text::into_inner),
            };
            let row = goods::table.find(task.goods_id);
            if changes.goods_name.is_some() || changes.goods_price.is_some() || changes.goods_desc.is_some() {
                with_conn!(db, diesel::update(row).set(changes).execute(db))?;
            }
            Ok(with_conn!(db, row.get_result(db)).optional()?)
        };
        batch.iter().map(change).collect()
    }
}

/// Adjusts the stock of goods and records each adjustment.
impl Task<Goods> for message::Adjust {
    type Outcome = Result<message::Goods, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<message::Goods, AdjustRefusal>>> {
        let now = owner.context.clock.now();
        let adjust = |task: &Self| {
            let Some(mut row) =
                with_conn!(db, for_update(goods::table.find(task.goods_id)).get_result::<message::Goods>(db))
                    .optional()?
            else {
                return Ok(Err(AdjustRefusal::NotFound));
            };
            let Ok(stock) = Stock::try_from(row.goods_number.saturating_add(task.delta.get())) else {
                return Ok(Err(AdjustRefusal::OutOfRange));
            };
            let unchanged = goods::table.find(task.goods_id).filter(goods::goods_number.eq(row.goods_number));
            db::expect_rows(
                with_conn!(db, diesel::update(unchanged).set(goods::goods_number.eq(stock.get())).execute(db))?,
                1,
            )?;
            insert_adjustment(owner, db, task.goods_id, task.delta.get(), task.reason.clone().into_inner(), now)?;
            row.goods_number = stock.get();
            Ok(Ok(row))
        };
        batch.iter().map(adjust).collect()
    }
}

fn insert_adjustment(
    owner: &Goods,
    db: &mut Db,
    goods_id: GoodsId,
    delta: i64,
    reason: String,
    now: Timestamp,
) -> db::Result<()> {
    let row = AdjustmentRow { adjustment_id: owner.context.ids.next(), goods_id, delta, reason, create_time: now };
    with_conn!(db, diesel::insert_into(goods_adjustment::table).values(row).execute(db))?;
    Ok(())
}
