//! Units that orders give back: all that are left when an order ends, and some of them with a refund.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::{ChangeStock, LogRow, insert_log, lock_stock, log_row, read_log};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::change_by;
use crate::db::schema::goods_number_part;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId, RefundId};
use crate::domain::status::Direction;
use crate::goods::Goods;
use crate::messaging::contract::{GoodsReturned, ORDER_GOODS_RETURNED, ReservationsReleased};
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;

/// A row of `goods_number_part`: units that an order gave back with a refund.
#[derive(Insertable)]
#[diesel(table_name = goods_number_part, treat_none_as_default_value = false)]
struct PartRow {
    refund_id: RefundId,
    goods_id: GoodsId,
    order_id: OrderId,
    goods_number: i64,
    log_time: Timestamp,
}

impl Entry for PartRow {
    const LEDGER: &'static str = "goods_number_part";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.refund_id.get()).integer(self.goods_id.get()).integer(self.order_id.get());
        line.integer(self.goods_number).integer(self.log_time.0);
    }
}

/// The log of the orders that a batch of messages is about, and what the batch adds to it.
struct Orders {
    now: Timestamp,
    /// Units that each order holds, by product.
    held: HashMap<(OrderId, GoodsId), i64>,
    /// The orders that have given back everything.
    ended: HashSet<OrderId>,
    deltas: BTreeMap<GoodsId, i64>,
    log: Vec<LogRow>,
    parts: Vec<PartRow>,
}

/// Consumes order/cancel and order/refund, which give back all that an order holds, and order/goods_returned, which gives
/// back some of it.
pub fn consume(owner: &Goods, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let is_part = |message: &&&outbox::Message| message.tag == ORDER_GOODS_RETURNED.tag;
    let (parts, ends): (Vec<&outbox::Message>, Vec<&outbox::Message>) = messages.iter().partition(is_part);
    let parts: Vec<Result<GoodsReturned, String>> = parse_bodies(&parts);
    let ends: Vec<Result<ReservationsReleased, String>> = parse_bodies(&ends);
    let of_parts = parts.iter().flatten().flat_map(|part| part.units.iter().map(|units| units.goods_id));
    let of_ends = ends.iter().flatten().flat_map(|order| order.goods.iter().copied());
    lock_stock(db, &of_parts.chain(of_ends).collect::<Vec<_>>())?;
    let ids = parts.iter().flatten().map(|part| part.order_id);
    let ids: Vec<OrderId> = ids.chain(ends.iter().flatten().map(|order| order.order_id)).collect();
    let mut orders = Orders::read(db, &ids, owner.context.clock.now())?;
    parts.iter().flatten().for_each(|part| orders.give_back(part));
    ends.iter().flatten().for_each(|order| orders.end(order));
    orders.write(db)?;
    let (mut parts, mut ends) = (parts.into_iter(), ends.into_iter());
    let outcome = |message: &&outbox::Message| {
        let next = if is_part(&message) {
            parts.next().map(|part| part.map(drop))
        } else {
            ends.next().map(|order| order.map(drop))
        };
        next.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(outcome).collect())
}

impl Orders {
    fn read(db: &mut Db, ids: &[OrderId], now: Timestamp) -> db::Result<Self> {
        let (mut held, mut ended) = (HashMap::new(), HashSet::new());
        for ((order_id, direction), units) in read_log(db, ids)? {
            match direction {
                Direction::Forward => held.extend(units.into_iter().map(|(id, number)| ((order_id, id), number))),
                Direction::Back => {
                    ended.insert(order_id);
                }
            }
        }
        for (order_id, goods_id, number) in read_parts(db, ids)? {
            held.entry((order_id, goods_id)).and_modify(|units: &mut i64| *units = units.saturating_sub(number));
        }
        Ok(Self { now, held, ended, deltas: BTreeMap::new(), log: Vec::new(), parts: Vec::new() })
    }

    /// Gives back some units, but no more than the order holds. After the order has ended it holds nothing.
    fn give_back(&mut self, part: &GoodsReturned) {
        let GoodsReturned { refund_id, order_id, units } = part;
        for units in units.iter().filter(|_| !self.ended.contains(order_id)) {
            let Some(held) = self.held.get_mut(&(*order_id, units.goods_id)) else { continue };
            let number = units.goods_number.get().min(*held);
            if number > 0 {
                *held = held.saturating_sub(number);
                *self.deltas.entry(units.goods_id).or_default() += number;
                self.parts.push(PartRow {
                    refund_id: *refund_id,
                    goods_id: units.goods_id,
                    order_id: *order_id,
                    goods_number: number,
                    log_time: self.now,
                });
            }
        }
    }

    /// Gives back all that the order holds, once. The log rows of direction `Back` are also tombstones: an order that has
    /// not reserved yet can no longer do so.
    fn end(&mut self, order: &ReservationsReleased) {
        if !self.ended.insert(order.order_id) {
            return;
        }
        for goods_id in &order.goods {
            let number = self.held.get(&(order.order_id, *goods_id)).copied().unwrap_or(0);
            *self.deltas.entry(*goods_id).or_default() += number;
            self.log.push(log_row(order.order_id, *goods_id, Direction::Back, number, self.now));
        }
    }

    fn write(mut self, db: &mut Db) -> db::Result<()> {
        self.deltas.retain(|_, number| *number > 0);
        change_by::<ChangeStock, _>(db, &self.deltas)?;
        insert_log(db, &self.log)?;
        ledger::record(db, &self.parts);
        insert_all!(db, goods_number_part::table, &self.parts)
    }
}

/// Reads the units that orders have given back with refunds.
fn read_parts(db: &mut Db, orders: &[OrderId]) -> db::Result<Vec<(OrderId, GoodsId, i64)>> {
    use goods_number_part::dsl;
    db::load_by(orders, |orders| {
        let of_orders = dsl::goods_number_part.filter(any_of(dsl::order_id, orders));
        with_conn!(db, of_orders.select((dsl::order_id, dsl::goods_id, dsl::goods_number)).load(db))
    })
}
