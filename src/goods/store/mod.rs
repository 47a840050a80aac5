//! The tables of Goods: reserving, returning, listing, creating and changing.

mod catalogue;
mod published;
mod release;
mod timeline;

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::Goods;
use super::error::ReserveRefusal;
use super::message::Reserve;
use crate::actor::{Access, Priority, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, DELTA, Update, change_by};
use crate::db::schema::{goods, goods_number_log};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::quantity::Quantity;
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::{Direction, SaleStatus};

pub use release::consume;

#[derive(Insertable)]
#[diesel(table_name = goods_number_log, treat_none_as_default_value = false)]
struct LogRow {
    order_id: OrderId,
    goods_id: GoodsId,
    direction: Direction,
    goods_number: i64,
    log_time: Timestamp,
}

impl Entry for LogRow {
    const LEDGER: &'static str = "goods_number_log";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.order_id.get()).integer(self.goods_id.get()).integer(self.direction.number());
        line.integer(self.goods_number).integer(self.log_time.0);
    }
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
struct ChangeStock;

impl Change for ChangeStock {
    const UPDATE: Update = Update {
        table: "goods",
        given: DELTA,
        condition: "goods_id = given.id AND goods_number + given.delta >= 0",
        set: "goods_number = goods_number + given.delta",
    };
}

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
                ReservationState::New => judge(&task.lines, &available),
            };
            if outcome.is_ok() && known.insert((task.order_id, Direction::Forward)) {
                for (goods_id, number) in &task.lines {
                    let number = number.get();
                    available.entry(*goods_id).and_modify(|stock| stock.units -= number);
                    *deltas.entry(*goods_id).or_default() -= number;
                    log.push(log_row(task.order_id, *goods_id, Direction::Forward, number, now));
                }
            }
            outcomes.push(outcome);
        }
        change_by::<ChangeStock, _>(db, &deltas)?;
        insert_log(db, &log)?;
        Ok(outcomes)
    }
}

/// The stock of goods in a locked row.
struct LockedStock {
    units: i64,
    on_sale: SaleStatus,
}

/// Refuses lines whose goods do not exist, are off sale, or of which fewer units are `available`. The quote has seen the
/// same goods before, but without a lock.
fn judge(lines: &[(GoodsId, Quantity)], available: &HashMap<GoodsId, LockedStock>) -> Result<(), ReserveRefusal> {
    let (mut off_sale, mut short) = (Vec::new(), Vec::new());
    for (goods_id, number) in lines {
        let LockedStock { units, on_sale } = available.get(goods_id).ok_or(ReserveRefusal::NotFound(*goods_id))?;
        if *on_sale == SaleStatus::OffSale {
            off_sale.push(*goods_id);
        }
        if *units < number.get() {
            short.push((*goods_id, *units));
        }
    }
    if !off_sale.is_empty() {
        return Err(ReserveRefusal::OffSale(off_sale));
    }
    if short.is_empty() { Ok(()) } else { Err(ReserveRefusal::Insufficient(short)) }
}

fn lock_stock(db: &mut Db, ids: &[GoodsId]) -> db::Result<HashMap<GoodsId, LockedStock>> {
    let rows: Vec<(GoodsId, i64, SaleStatus)> = db::load_by(ids, |ids| {
        let stock = goods::table.filter(any_of(goods::goods_id, ids)).order(goods::goods_id);
        let stock = stock.select((goods::goods_id, goods::goods_number, goods::on_sale));
        with_conn!(db, for_update(stock).load(db))
    })?;
    Ok(rows.into_iter().map(|(goods_id, units, on_sale)| (goods_id, LockedStock { units, on_sale })).collect())
}

const fn log_row(order_id: OrderId, goods_id: GoodsId, direction: Direction, number: i64, now: Timestamp) -> LogRow {
    LogRow { order_id, goods_id, direction, goods_number: number, log_time: now }
}

fn insert_log(db: &mut Db, rows: &[LogRow]) -> db::Result<()> {
    ledger::record(db, rows);
    insert_all!(db, goods_number_log::table, rows)
}
