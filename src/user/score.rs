//! Points in the tables: added once per paid order.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;

use super::{User, account};
use crate::db::bulk::{DELTA, Update};
use crate::db::schema::user_score_log;
use crate::db::{self, Db, each};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, UserId};
use crate::domain::points::points;
use crate::domain::status::Direction;
use crate::pay::message::Paid;
use crate::runtime::inbox::bodies;
use crate::runtime::outbox::Message;

/// `score_log_type` 1 is added, 2 is taken back: the numbers of [`Direction`].
#[derive(Insertable)]
#[diesel(table_name = user_score_log, treat_none_as_default_value = false)]
struct LogRow {
    order_id: OrderId,
    score_log_type: Direction,
    user_id: UserId,
    score: i64,
    create_time: Timestamp,
}

const CHANGE_SCORE: Update =
    Update { table: "users", given: DELTA, only: "user_id = given.id", set: "user_score = user_score + given.delta" };

/// Consumes payment/paid: adds the points of each order that has none yet.
pub fn add(owner: &User, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.kit.clock.now();
    let paid: Vec<Result<Paid, String>> = bodies(messages);
    account::lock(db, paid.iter().flatten().map(|paid| paid.user_id))?;
    let orders: Vec<OrderId> = paid.iter().flatten().map(|paid| paid.order_id).collect();
    let known: Vec<OrderId> = db::load_by(&orders, |orders| {
        each!(
            db,
            user_score_log::table
                .filter(user_score_log::order_id.eq_any(orders))
                .filter(user_score_log::score_log_type.eq(Direction::Forward))
                .select(user_score_log::order_id)
                .load(db)
        )
    })?;
    let mut known: HashSet<OrderId> = known.into_iter().collect();
    let mut added: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut log = Vec::new();
    for paid in paid.iter().flatten().filter(|paid| known.insert(paid.order_id)) {
        let score = points(paid.pay_amount, owner.points_per_unit);
        *added.entry(paid.user_id).or_default() += score;
        log.push(LogRow {
            order_id: paid.order_id,
            score_log_type: Direction::Forward,
            user_id: paid.user_id,
            score,
            create_time: now,
        });
    }
    CHANGE_SCORE.add(db, &added)?;
    db::insert_all(&log, |rows| each!(db, diesel::insert_into(user_score_log::table).values(rows).execute(db)))?;
    Ok(paid.into_iter().map(|paid| paid.map(drop)).collect())
}
