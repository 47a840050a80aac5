//! User's lists and its part of an order's story, from its tables.

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
use crate::user::message::{self, List, MoneyEntry, MoneyLog, ReadTimeline, ScoreEntry, ScoreLog};

/// Pages of users, newest first; one name where it is given.
impl Task<User> for List {
    type Outcome = Vec<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::User>>> {
        let page = |task: &List| {
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

/// Where a page of a log begins: before this order, or at it before this direction.
fn begin(before: Option<(OrderId, i32)>) -> (OrderId, i32) {
    before.unwrap_or((OrderId::new(i64::MAX), 0))
}

/// Pages of what orders took of a user's balance and gave back, newest order first.
impl Task<User> for MoneyLog {
    type Outcome = Vec<MoneyEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<MoneyEntry>>> {
        use user_money_log::dsl;
        let page = |task: &MoneyLog| {
            let (order_id, part) = begin(task.before);
            let at = dsl::order_id.eq(order_id).and(dsl::money_log_type.lt(part));
            let page = dsl::user_money_log
                .filter(dsl::user_id.eq(task.user_id))
                .filter(dsl::order_id.lt(order_id).or(at))
                .order((dsl::order_id.desc(), dsl::money_log_type.desc()))
                .limit(task.limit)
                .select((dsl::order_id, dsl::money_log_type, dsl::use_money, dsl::create_time));
            let rows: Vec<(OrderId, Direction, Money, Timestamp)> = with_conn!(db, page.load(db))?;
            let entry = |(order_id, money_log_type, use_money, create_time)| MoneyEntry {
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

/// Pages of the points a user's orders gave and took back, newest order first.
impl Task<User> for ScoreLog {
    type Outcome = Vec<ScoreEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ScoreEntry>>> {
        use user_score_log::dsl;
        let page = |task: &ScoreLog| {
            let (order_id, part) = begin(task.before);
            let at = dsl::order_id.eq(order_id).and(dsl::score_log_type.lt(part));
            let page = dsl::user_score_log
                .filter(dsl::user_id.eq(task.user_id))
                .filter(dsl::order_id.lt(order_id).or(at))
                .order((dsl::order_id.desc(), dsl::score_log_type.desc()))
                .limit(task.limit)
                .select((dsl::order_id, dsl::score_log_type, dsl::score, dsl::create_time));
            let rows: Vec<(OrderId, Direction, i64, Timestamp)> = with_conn!(db, page.load(db))?;
            let entry = |(order_id, score_log_type, score, create_time)| ScoreEntry {
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

/// When balance was taken for an order and given back, and points.
impl Task<User> for ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &ReadTimeline| {
            use user_money_log::dsl as money;
            use user_score_log::dsl as score;
            let log = money::user_money_log.filter(money::order_id.eq(task.order_id));
            let log = log.select((money::money_log_type, money::use_money, money::create_time));
            let taken: Vec<(Direction, Money, Timestamp)> = with_conn!(db, log.load(db))?;
            let log = score::user_score_log.filter(score::order_id.eq(task.order_id));
            let log = log.select((score::score_log_type, score::score, score::create_time));
            let points: Vec<(Direction, i64, Timestamp)> = with_conn!(db, log.load(db))?;
            let taken = taken.into_iter().map(|(direction, money, at)| {
                let what = if direction == Direction::Forward { "balance_taken" } else { "balance_given_back" };
                Event::new(at, what, money.to_string())
            });
            let points = points.into_iter().map(|(direction, points, at)| {
                let what = if direction == Direction::Forward { "points_added" } else { "points_taken_back" };
                Event::new(at, what, points.to_string())
            });
            Ok(taken.chain(points).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
