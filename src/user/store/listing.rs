//! The lists of User and its part of an order's timeline.

use diesel::prelude::*;

use super::account::COLUMNS;
use crate::actor::{Access, Task};
use crate::db::schema::{user_money_log, user_score_log, users};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::Direction;
use crate::user::User;
use crate::user::message::{self, ListMoneyLog, ListScoreLog, MoneyLogEntry, ScoreLogEntry};

/// Reads pages of users, newest first, or the one user with the given name.
impl Task<User> for message::List {
    type Outcome = Vec<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::User>>> {
        let page = |task: &Self| {
            let older = users::user_id.lt(task.before.unwrap_or(UserId::new(i64::MAX)));
            let rows = match &task.user_name {
                None => {
                    let page = users::table.filter(older).order(users::user_id.desc()).limit(task.limit);
                    with_conn!(db, page.select(COLUMNS).load(db))
                }
                Some(name) => {
                    let named = users::table.filter(older.and(users::user_name.eq(name.as_str())));
                    with_conn!(db, named.select(COLUMNS).load(db))
                }
            };
            Ok(rows?)
        };
        batch.iter().map(page).collect()
    }
}

/// Upper bound of a log page, exclusive: an order and the number of a direction. `None` means no bound.
fn upper_bound(before: Option<(OrderId, i32)>) -> (OrderId, i32) {
    before.unwrap_or((OrderId::new(i64::MAX), 0))
}

/// Reads pages of the payments from a user's balance and their refunds, newest order first.
impl Task<User> for ListMoneyLog {
    type Outcome = Vec<MoneyLogEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<MoneyLogEntry>>> {
        use user_money_log::dsl;
        let page = |task: &Self| {
            let (order_id, direction) = upper_bound(task.before);
            let same_order = dsl::order_id.eq(order_id).and(dsl::money_log_type.lt(direction));
            let page = dsl::user_money_log
                .filter(dsl::user_id.eq(task.user_id))
                .filter(dsl::order_id.lt(order_id).or(same_order))
                .order((dsl::order_id.desc(), dsl::money_log_type.desc()))
                .limit(task.limit)
                .select((dsl::order_id, dsl::money_log_type, dsl::use_money, dsl::create_time));
            let rows: Vec<(OrderId, Direction, Money, Timestamp)> = with_conn!(db, page.load(db))?;
            let entry = |(order_id, money_log_type, use_money, create_time)| MoneyLogEntry {
                order_id,
                money_log_type,
                use_money,
                create_time,
            };
            Ok(rows.into_iter().map(entry).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Reads pages of the points that a user's orders added and deducted, newest order first.
impl Task<User> for ListScoreLog {
    type Outcome = Vec<ScoreLogEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ScoreLogEntry>>> {
        use user_score_log::dsl;
        let page = |task: &Self| {
            let (order_id, direction) = upper_bound(task.before);
            let same_order = dsl::order_id.eq(order_id).and(dsl::score_log_type.lt(direction));
            let page = dsl::user_score_log
                .filter(dsl::user_id.eq(task.user_id))
                .filter(dsl::order_id.lt(order_id).or(same_order))
                .order((dsl::order_id.desc(), dsl::score_log_type.desc()))
                .limit(task.limit)
                .select((dsl::order_id, dsl::score_log_type, dsl::score, dsl::create_time));
            let rows: Vec<(OrderId, Direction, i64, Timestamp)> = with_conn!(db, page.load(db))?;
            let entry = |(order_id, score_log_type, score, create_time)| ScoreLogEntry {
                order_id,
                score_log_type,
                score,
                create_time,
            };
            Ok(rows.into_iter().map(entry).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Reads when an order took balance and added points, and when that was undone.
impl Task<User> for message::ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &Self| {
            use user_money_log::dsl as money;
            use user_score_log::dsl as score;
            let log = money::user_money_log.filter(money::order_id.eq(task.order_id));
            let log = log.select((money::money_log_type, money::use_money, money::create_time));
            let balance: Vec<(Direction, Money, Timestamp)> = with_conn!(db, log.load(db))?;
            let log = score::user_score_log.filter(score::order_id.eq(task.order_id));
            let log = log.select((score::score_log_type, score::score, score::create_time));
            let points: Vec<(Direction, i64, Timestamp)> = with_conn!(db, log.load(db))?;
            let balance = balance.into_iter().map(|(direction, money, at)| {
                let what = if direction == Direction::Forward { "balance_taken" } else { "balance_given_back" };
                Event::new(at, what, money.to_string())
            });
            let points = points.into_iter().map(|(direction, points, at)| {
                let what = if direction == Direction::Forward { "points_added" } else { "points_taken_back" };
                Event::new(at, what, points.to_string())
            });
            Ok(balance.chain(points).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
