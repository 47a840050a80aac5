//! Loyalty points: added once for each paid order, deducted in proportion with each part refund, and deducted in full
//! once for each refunded order.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::account;
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, DELTA, Update, change_by};
use crate::db::schema::{user_score_log, user_score_part};
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, RefundId, UserId};
use crate::domain::points::{points, points_back};
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::Direction;
use crate::messaging::contract::{Paid, PartRefunded, ReservationsReleased};
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::user::User;

/// A row of `user_score_log`. `score_log_type` is the number of a [`Direction`]: 1 for points that were added, 2 for
/// points that were deducted.
#[derive(Insertable)]
#[diesel(table_name = user_score_log, treat_none_as_default_value = false)]
struct LogRow {
    order_id: OrderId,
    score_log_type: Direction,
    user_id: UserId,
    score: i64,
    create_time: Timestamp,
}

impl Entry for LogRow {
    const LEDGER: &'static str = "user_score_log";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.order_id.get()).integer(self.user_id.get()).integer(self.score_log_type.number());
        line.integer(self.score).integer(self.create_time.0);
    }
}

/// A row of `user_score_part`: points that were deducted with a part refund.
#[derive(Insertable)]
#[diesel(table_name = user_score_part, treat_none_as_default_value = false)]
struct PartRow {
    refund_id: RefundId,
    order_id: OrderId,
    user_id: UserId,
    score: i64,
    create_time: Timestamp,
}

impl Entry for PartRow {
    const LEDGER: &'static str = "user_score_part";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.refund_id.get()).integer(self.order_id.get()).integer(self.user_id.get());
        line.integer(self.score).integer(self.create_time.0);
    }
}

struct ChangeScore;

impl Change for ChangeScore {
    const UPDATE: Update = Update {
        table: "users",
        given: DELTA,
        condition: "user_id = given.id",
        set: "user_score = user_score + given.delta",
    };
}

fn read_log(db: &mut Db, orders: &[OrderId]) -> db::Result<HashMap<(OrderId, Direction), i64>> {
    use user_score_log::dsl;
    let rows: Vec<(OrderId, Direction, i64)> = db::load_by(orders, |orders| {
        let of_orders = dsl::user_score_log.filter(any_of(dsl::order_id, orders));
        with_conn!(db, of_orders.select((dsl::order_id, dsl::score_log_type, dsl::score)).load(db))
    })?;
    Ok(rows.into_iter().map(|(order_id, direction, score)| ((order_id, direction), score)).collect())
}

/// Reads how many points each order has given back with part refunds.
fn read_parts(db: &mut Db, orders: &[OrderId]) -> db::Result<HashMap<OrderId, i64>> {
    use user_score_part::dsl;
    let rows: Vec<(OrderId, i64)> = db::load_by(orders, |orders| {
        let of_orders = dsl::user_score_part.filter(any_of(dsl::order_id, orders));
        with_conn!(db, of_orders.select((dsl::order_id, dsl::score)).load(db))
    })?;
    let mut sums = HashMap::new();
    for (order_id, score) in rows {
        *sums.entry(order_id).or_default() += score;
    }
    Ok(sums)
}

/// Consumes order/paid: adds the points of each order, unless they were added or deducted before.
pub fn add(owner: &User, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let paid: Vec<Result<Paid, String>> = parse_bodies(messages);
    account::lock(db, paid.iter().flatten().map(|paid| paid.user_id))?;
    let orders: Vec<OrderId> = paid.iter().flatten().map(|paid| paid.order_id).collect();
    let mut known: HashSet<(OrderId, Direction)> = read_log(db, &orders)?.into_keys().collect();
    let mut rows = Vec::new();
    for paid in paid.iter().flatten() {
        if reservation_state(&known, paid.order_id) != ReservationState::New {
            continue;
        }
        known.insert((paid.order_id, Direction::Forward));
        let score = points(paid.pay_amount, owner.points_per_unit);
        rows.push(log_row(owner, paid.order_id, paid.user_id, Direction::Forward, score));
    }
    write(db, &rows)?;
    Ok(paid.into_iter().map(|paid| paid.map(drop)).collect())
}

/// Consumes order/refund_part: deducts points in proportion. A part that arrives before the points were added waits for
/// them; one that arrives after the order was refunded in full finds all points deducted.
pub fn deduct_part(owner: &User, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let parts: Vec<Result<PartRefunded, String>> = parse_bodies(messages);
    account::lock(db, parts.iter().flatten().map(|part| part.user_id))?;
    let orders: Vec<OrderId> = parts.iter().flatten().map(|part| part.order_id).collect();
    let (log, mut deducted) = (read_log(db, &orders)?, read_parts(db, &orders)?);
    let (mut rows, mut deltas) = (Vec::new(), BTreeMap::new());
    let mut outcomes = Vec::with_capacity(parts.len());
    for part in parts {
        outcomes.push(part.and_then(|part| {
            if log.contains_key(&(part.order_id, Direction::Back)) {
                return Ok(());
            }
            let added = log.get(&(part.order_id, Direction::Forward));
            let added = *added.ok_or_else(|| "the points of the order are not added yet".to_owned())?;
            let before = deducted.entry(part.order_id).or_default();
            // The sum is part of the message, so parts may arrive in any order.
            let score = points_back(added, part.refunded, part.pay_amount).saturating_sub(*before);
            if score > 0 {
                *before += score;
                *deltas.entry(part.user_id).or_default() -= score;
                let PartRefunded { refund_id, order_id, user_id, .. } = part;
                rows.push(PartRow { refund_id, order_id, user_id, score, create_time: owner.context.clock.now() });
            }
            Ok(())
        }));
    }
    change_by::<ChangeScore, _>(db, &deltas)?;
    ledger::record(db, &rows);
    insert_all!(db, user_score_part::table, &rows)?;
    Ok(outcomes)
}

/// Consumes order/refund: deducts the points that each order has added and not given back yet. The log row of direction `Back` is also a
/// tombstone: an order that has not added its points yet can no longer do so.
pub fn deduct(owner: &User, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let refunded: Vec<Result<ReservationsReleased, String>> = parse_bodies(messages);
    account::lock(db, refunded.iter().flatten().map(|order| order.user_id))?;
    let orders: Vec<OrderId> = refunded.iter().flatten().map(|order| order.order_id).collect();
    let (mut known, parts) = (read_log(db, &orders)?, read_parts(db, &orders)?);
    let mut rows = Vec::new();
    for order in refunded.iter().flatten() {
        if known.contains_key(&(order.order_id, Direction::Back)) {
            continue;
        }
        let score = known.get(&(order.order_id, Direction::Forward)).copied().unwrap_or(0);
        let score = score.saturating_sub(parts.get(&order.order_id).copied().unwrap_or(0));
        known.insert((order.order_id, Direction::Back), score);
        rows.push(log_row(owner, order.order_id, order.user_id, Direction::Back, score));
    }
    write(db, &rows)?;
    Ok(refunded.into_iter().map(|order| order.map(drop)).collect())
}

fn log_row(owner: &User, order_id: OrderId, user_id: UserId, score_log_type: Direction, score: i64) -> LogRow {
    LogRow { order_id, score_log_type, user_id, score, create_time: owner.context.clock.now() }
}

/// Writes log rows and changes the points of their users. Points may become negative, because deducting points that
/// were already spent is not refused.
fn write(db: &mut Db, rows: &[LogRow]) -> db::Result<()> {
    let mut deltas: BTreeMap<UserId, i64> = BTreeMap::new();
    for row in rows {
        let score = match row.score_log_type {
            Direction::Forward => row.score,
            Direction::Back => -row.score,
        };
        *deltas.entry(row.user_id).or_default() += score;
    }
    change_by::<ChangeScore, _>(db, &deltas)?;
    ledger::record(db, rows);
    insert_all!(db, user_score_log::table, rows)
}
