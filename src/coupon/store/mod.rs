//! The tables of Coupon: binding, releasing, finding and creating.

mod listing;
mod published;

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::Coupon;
use super::error::BindRefusal;
use super::message::{self, Bind};
use crate::actor::{Access, Priority, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{coupon, coupon_log};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, OrderId};
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::{CouponUse, Direction};
use crate::journal::{self, Act, KeyReused, Performed};
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;

#[derive(Insertable)]
#[diesel(table_name = coupon_log, treat_none_as_default_value = false)]
struct LogRow {
    order_id: OrderId,
    direction: Direction,
    coupon_id: CouponId,
    log_time: Timestamp,
}

impl Entry for LogRow {
    const LEDGER: &'static str = "coupon_log";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.order_id.get()).integer(self.direction.number()).integer(self.coupon_id.get());
        line.integer(self.log_time.0);
    }
}

fn read_log(db: &mut Db, orders: &[OrderId]) -> db::Result<HashSet<(OrderId, Direction)>> {
    let rows: Vec<(OrderId, Direction)> = db::load_by(orders, |orders| {
        with_conn!(
            db,
            coupon_log::table
                .filter(any_of(coupon_log::order_id, orders))
                .select((coupon_log::order_id, coupon_log::direction))
                .load(db)
        )
    })?;
    Ok(rows.into_iter().collect())
}

fn read_coupons(db: &mut Db, ids: &[CouponId]) -> db::Result<HashMap<CouponId, message::Coupon>> {
    let rows: Vec<message::Coupon> =
        db::load_by(ids, |ids| with_conn!(db, coupon::table.filter(any_of(coupon::coupon_id, ids)).load(db)))?;
    Ok(rows.into_iter().map(|row| (row.coupon_id, row)).collect())
}

fn lock_coupons(db: &mut Db, ids: &[CouponId]) -> db::Result<HashMap<CouponId, message::Coupon>> {
    let rows: Vec<message::Coupon> = db::load_by(ids, |ids| {
        let coupons = coupon::table.filter(any_of(coupon::coupon_id, ids)).order(coupon::coupon_id);
        with_conn!(db, for_update(coupons).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.coupon_id, row)).collect())
}

fn insert_log(db: &mut Db, rows: &[LogRow]) -> db::Result<()> {
    ledger::record(db, rows);
    insert_all!(db, coupon_log::table, rows)
}

/// Parameters of [`BindCoupons`] and [`ReleaseCoupons`] for one coupon and its order.
#[derive(Serialize)]
struct Binding {
    coupon: i64,
    of_order: i64,
    at: i64,
}

const BINDING: &[(&str, Kind)] = &[("coupon", Kind::Integer), ("of_order", Kind::Integer), ("at", Kind::Integer)];

/// Binds coupons that are not bound to any order.
struct BindCoupons;

impl Change for BindCoupons {
    const UPDATE: Update = Update {
        table: "coupon",
        given: BINDING,
        condition: "coupon_id = given.coupon AND is_used = 0",
        set: "is_used = 1, order_id = given.of_order, used_time = given.at",
    };
}

/// Releases coupons that are bound to the given orders.
struct ReleaseCoupons;

impl Change for ReleaseCoupons {
    const UPDATE: Update = Update {
        table: "coupon",
        given: BINDING,
        condition: "coupon_id = given.coupon AND order_id = given.of_order",
        set: "is_used = 0, order_id = NULL, used_time = NULL",
    };
}

fn bindings(log: &[LogRow]) -> Vec<Binding> {
    log.iter()
        .map(|row| Binding { coupon: row.coupon_id.get(), of_order: row.order_id.get(), at: row.log_time.0 })
        .collect()
}

/// Decides in arrival order, then binds all coupons with one guarded update.
///
/// The coupons are locked before the log is read. Binding and releasing lock the same coupon, so the second of the two
/// always sees the log row of the first.
impl Task<Coupon> for Bind {
    type Outcome = Result<(), BindRefusal>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), BindRefusal>>> {
        let now = owner.context.clock.now();
        let mut coupons = lock_coupons(db, &batch.iter().map(|task| task.coupon_id).collect::<Vec<_>>())?;
        let mut known = read_log(db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?;
        let mut log = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let outcome = match reservation_state(&known, task.order_id) {
                ReservationState::Released => Err(BindRefusal::Released),
                ReservationState::Reserved => Ok(()),
                ReservationState::New => {
                    match coupons.get_mut(&task.coupon_id).filter(|row| row.user_id == task.user_id) {
                        None => Err(BindRefusal::NotFound),
                        Some(row) if row.is_used == CouponUse::Used => Err(BindRefusal::Used),
                        Some(row) => {
                            row.is_used = CouponUse::Used;
                            log.push(log_row(task.order_id, Direction::Forward, task.coupon_id, now));
                            known.insert((task.order_id, Direction::Forward));
                            Ok(())
                        }
                    }
                }
            };
            outcomes.push(outcome);
        }
        db::expect_rows(change::<BindCoupons, _>(db, &bindings(&log))?, log.len())?;
        insert_log(db, &log)?;
        Ok(outcomes)
    }
}

/// Consumes order/cancel and order/refund: releases the coupon of each order. The log row of direction `Back` is also a
/// tombstone: an order that is not bound yet can no longer bind its coupon.
pub fn consume(owner: &Coupon, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let released: Vec<Result<ReservationsReleased, String>> = parse_bodies(messages);
    lock_coupons(db, &released.iter().flatten().filter_map(|order| order.coupon_id).collect::<Vec<_>>())?;
    let mut known = read_log(db, &released.iter().flatten().map(|order| order.order_id).collect::<Vec<_>>())?;
    let mut log = Vec::new();
    for order in released.iter().flatten() {
        let Some(coupon_id) = order.coupon_id else { continue };
        if !known.insert((order.order_id, Direction::Back)) {
            continue;
        }
        log.push(log_row(order.order_id, Direction::Back, coupon_id, now));
    }
    change::<ReleaseCoupons, _>(db, &bindings(&log))?;
    insert_log(db, &log)?;
    Ok(released.into_iter().map(|order| order.map(drop)).collect())
}

const fn log_row(order_id: OrderId, direction: Direction, coupon_id: CouponId, now: Timestamp) -> LogRow {
    LogRow { order_id, direction, coupon_id, log_time: now }
}

/// Finds coupons of their owners with one query for the whole batch.
impl Task<Coupon> for message::Find {
    type Outcome = Option<message::Coupon>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Coupon>>> {
        let coupons = read_coupons(db, &batch.iter().map(|task| task.coupon_id).collect::<Vec<_>>())?;
        let find = |task: &Self| coupons.get(&task.coupon_id).filter(|row| row.user_id == task.user_id).cloned();
        Ok(batch.iter().map(find).collect())
    }
}

impl Entry for message::Coupon {
    const LEDGER: &'static str = "coupon";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.coupon_id.get()).integer(self.coupon_price.minor()).integer(self.user_id.get());
        line.integer(self.add_time.0);
    }
}

/// Inserts coupons.
impl Task<Coupon> for message::Create {
    type Outcome = Result<Performed<message::Coupon>, KeyReused>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let create = |task: &Self| {
            match journal::find_earlier(db, task.request.as_ref())? {
                None => {}
                Some(Err(reused)) => return Ok(Err(reused)),
                Some(Ok(coupon_id)) => {
                    let row = coupon::table.find(CouponId::new(coupon_id));
                    return Ok(Ok(Performed::before(with_conn!(db, row.get_result(db))?)));
                }
            }
            let row = message::Coupon {
                coupon_id: task.coupon_id,
                coupon_price: task.coupon_price,
                user_id: task.user_id,
                order_id: None,
                is_used: CouponUse::Unused,
                used_time: None,
                add_time: now,
            };
            let values = (
                coupon::coupon_id.eq(row.coupon_id),
                coupon::coupon_price.eq(row.coupon_price),
                coupon::user_id.eq(row.user_id),
                coupon::is_used.eq(row.is_used),
                coupon::add_time.eq(row.add_time),
            );
            with_conn!(db, diesel::insert_into(coupon::table).values(values).execute(db))?;
            ledger::record(db, std::slice::from_ref(&row));
            let data = json!({"of_user": row.user_id, "coupon_price": row.coupon_price});
            let (act_id, subject_id) = (owner.context.ids.next(), row.coupon_id.get());
            let act = Act { act_id, subject_id, act: "coupon_created", reason: None, data };
            journal::record(db, &owner.context, task.request.as_ref(), act)?;
            Ok(Ok(Performed::now(row)))
        };
        batch.iter().map(create).collect()
    }
}
