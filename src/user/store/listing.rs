//! The lists of User and its part of an order's timeline.

use diesel::define_sql_function;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

use super::account::{COLUMNS, STATE};
use crate::actor::{Access, Task};
use crate::db::schema::{user_adjustment, user_money_log, user_score_log, user_score_part, users};
use crate::db::{self, Db, when, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::id::{EntryId, OrderId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::Direction;
use crate::domain::text::UserName;
use crate::user::User;
use crate::user::message::{
    self, AccountState, ListMoneyLog, ListScoreLog, LogKind, LogPosition, MoneyLogEntry, ScoreLogEntry,
};

define_sql_function! {
    /// The first `len` characters of a text, from the one with number `start`, which is 1 for the first.
    fn substr(text: Text, start: Integer, len: Integer) -> Text;
}

/// Greater than every character of a name.
const AFTER_NAMES: char = '\u{7f}';

/// Reads pages of users, newest first, restricted to names.
impl Task<User> for message::List {
    type Outcome = Vec<(message::User, AccountState)>;
    const ACCESS: Access = Access::Report;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let page = |task: &Self| {
            let prefix = task.prefix.as_ref().map(UserName::as_str);
            let begins = prefix.map(|prefix| {
                // A name has at most 64 characters, of one byte each.
                let length = i32::try_from(prefix.len()).unwrap_or(i32::MAX);
                substr(users::user_name, 1, length).eq(prefix)
            });
            // The order of names is that of their bytes, except on PostgreSQL, where it depends on the database.
            let range = prefix
                .filter(|_| db.compares_bytes())
                .map(|prefix| users::user_name.ge(prefix).and(users::user_name.lt(format!("{prefix}{AFTER_NAMES}"))));
            let page = users::table
                .filter(users::user_id.lt(task.before.unwrap_or(UserId::new(i64::MAX))))
                .filter(when(task.user_role.map(|role| users::user_role.eq(role))))
                .filter(when(task.user_name.as_ref().map(|name| users::user_name.eq(name.as_str()))))
                .filter(when(range))
                .filter(when(begins))
                .order(users::user_id.desc())
                .limit(task.limit);
            Ok(with_conn!(db, page.select((COLUMNS, STATE)).load(db))?)
        };
        batch.iter().map(page).collect()
    }
}

/// Upper bound of a log page, exclusive. `None` means no bound.
fn upper_bound(before: Option<LogPosition>) -> LogPosition {
    before.unwrap_or((Timestamp(i64::MAX), (i64::MAX, 0)))
}

/// Reads pages of the changes of a user's balance, the latest first.
impl Task<User> for ListMoneyLog {
    type Outcome = Vec<MoneyLogEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<MoneyLogEntry>>> {
        let page = |task: &Self| {
            let mut entries = order_entries(task, db)?;
            let adjustments = adjustments(task.user_id, task.before, task.limit, Adjusted::Money, db)?;
            entries.extend(adjustments.into_iter().map(|Adjustment { position, money, message, .. }| MoneyLogEntry {
                order_id: None,
                money_log_type: LogKind::Adjusted,
                use_money: money.negated(),
                delta: money,
                message,
                create_time: position.0,
                position,
            }));
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.position));
            entries.truncate(usize::try_from(task.limit).unwrap_or(usize::MAX));
            Ok(entries)
        };
        batch.iter().map(page).collect()
    }
}

/// The entries of one page that orders have made. The tombstone of an order that took no balance is none.
fn order_entries(task: &ListMoneyLog, db: &mut Db) -> db::Result<Vec<MoneyLogEntry>> {
    use user_money_log::dsl;
    let (at, (id, direction)) = upper_bound(task.before);
    let same_order = dsl::order_id.eq(OrderId::new(id)).and(dsl::money_log_type.lt(direction));
    let same_time = dsl::create_time.eq(at).and(dsl::order_id.lt(OrderId::new(id)).or(same_order));
    let page = dsl::user_money_log
        .filter(dsl::user_id.eq(task.user_id).and(dsl::use_money.ne(Money::ZERO)))
        .filter(dsl::create_time.lt(at).or(same_time))
        .order((dsl::create_time.desc(), dsl::order_id.desc(), dsl::money_log_type.desc()))
        .limit(task.limit)
        .select((dsl::order_id, dsl::money_log_type, dsl::use_money, dsl::create_time));
    let rows: Vec<(OrderId, Direction, Money, Timestamp)> = with_conn!(db, page.load(db))?;
    let entry = |(order_id, direction, use_money, create_time): (OrderId, Direction, Money, Timestamp)| MoneyLogEntry {
        order_id: Some(order_id),
        money_log_type: direction.into(),
        use_money,
        delta: if direction == Direction::Forward { use_money.negated() } else { use_money },
        message: None,
        create_time,
        position: (create_time, (order_id.get(), direction.number())),
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The column of an adjustment that a log is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Adjusted {
    Money,
    Score,
}

/// An adjustment as an entry of a log.
struct Adjustment {
    position: LogPosition,
    money: Money,
    score: i64,
    message: Option<String>,
}

/// The adjustments of one page of a log.
fn adjustments(
    user_id: UserId,
    before: Option<LogPosition>,
    limit: i64,
    adjusted: Adjusted,
    db: &mut Db,
) -> db::Result<Vec<Adjustment>> {
    use user_adjustment::dsl;
    let (at, (id, _)) = upper_bound(before);
    let same_time = dsl::create_time.eq(at).and(dsl::adjustment_id.lt(EntryId::new(id)));
    let page = dsl::user_adjustment
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::create_time.lt(at).or(same_time))
        .order((dsl::create_time.desc(), dsl::adjustment_id.desc()))
        .limit(limit)
        .select((dsl::adjustment_id, dsl::money, dsl::score, dsl::create_time, dsl::message));
    let rows: Vec<(EntryId, Money, i64, Timestamp, Option<String>)> = match adjusted {
        Adjusted::Money => with_conn!(db, page.filter(dsl::money.ne(Money::ZERO)).load(db)),
        Adjusted::Score => with_conn!(db, page.filter(dsl::score.ne(0)).load(db)),
    }?;
    let entry = |(id, money, score, at, message): (EntryId, Money, i64, Timestamp, Option<String>)| Adjustment {
        position: (at, (id.get(), 0)),
        money,
        score,
        message,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Reads pages of the changes of a user's points, the latest first.
impl Task<User> for ListScoreLog {
    type Outcome = Vec<ScoreLogEntry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ScoreLogEntry>>> {
        let page = |task: &Self| {
            let mut entries = whole_entries(task, db)?;
            entries.extend(part_entries(task, db)?);
            let adjustments = adjustments(task.user_id, task.before, task.limit, Adjusted::Score, db)?;
            entries.extend(adjustments.into_iter().map(|Adjustment { position, score, .. }| ScoreLogEntry {
                order_id: None,
                score_log_type: LogKind::Adjusted,
                score,
                delta: score,
                create_time: position.0,
                refund_id: None,
                position,
            }));
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.position));
            entries.truncate(usize::try_from(task.limit).unwrap_or(usize::MAX));
            Ok(entries)
        };
        batch.iter().map(page).collect()
    }
}

/// Reads the points that orders have added.
impl Task<User> for message::FindPoints {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<i64>> {
        use user_score_log::dsl;
        let points = |task: &Self| {
            let added = dsl::order_id.eq(task.order_id).and(dsl::score_log_type.eq(Direction::Forward));
            let row = dsl::user_score_log.filter(added).select(dsl::score);
            Ok(with_conn!(db, row.get_result(db)).optional()?.unwrap_or(0))
        };
        batch.iter().map(points).collect()
    }
}

/// The entries of one page that add or deduct all points of an order.
fn whole_entries(task: &ListScoreLog, db: &mut Db) -> db::Result<Vec<ScoreLogEntry>> {
    use user_score_log::dsl;
    let (at, (id, direction)) = upper_bound(task.before);
    let same_order = dsl::order_id.eq(OrderId::new(id)).and(dsl::score_log_type.lt(direction));
    let same_time = dsl::create_time.eq(at).and(dsl::order_id.lt(OrderId::new(id)).or(same_order));
    let page = dsl::user_score_log
        .filter(dsl::user_id.eq(task.user_id).and(dsl::score.ne(0)))
        .filter(dsl::create_time.lt(at).or(same_time))
        .order((dsl::create_time.desc(), dsl::order_id.desc(), dsl::score_log_type.desc()))
        .limit(task.limit)
        .select((dsl::order_id, dsl::score_log_type, dsl::score, dsl::create_time));
    let rows: Vec<(OrderId, Direction, i64, Timestamp)> = with_conn!(db, page.load(db))?;
    let entry = |(order_id, direction, score, create_time): (OrderId, Direction, i64, Timestamp)| ScoreLogEntry {
        order_id: Some(order_id),
        score_log_type: direction.into(),
        score,
        delta: if direction == Direction::Forward { score } else { -score },
        create_time,
        refund_id: None,
        position: (create_time, (order_id.get(), direction.number())),
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The entries of one page that deduct points with a part refund.
fn part_entries(task: &ListScoreLog, db: &mut Db) -> db::Result<Vec<ScoreLogEntry>> {
    use user_score_part::dsl;
    let (at, (id, _)) = upper_bound(task.before);
    let same_time = dsl::create_time.eq(at).and(dsl::refund_id.lt(RefundId::new(id)));
    let page = dsl::user_score_part
        .filter(dsl::user_id.eq(task.user_id).and(dsl::score.ne(0)))
        .filter(dsl::create_time.lt(at).or(same_time))
        .order((dsl::create_time.desc(), dsl::refund_id.desc()))
        .limit(task.limit)
        .select((dsl::order_id, dsl::refund_id, dsl::score, dsl::create_time));
    let rows: Vec<(OrderId, RefundId, i64, Timestamp)> = with_conn!(db, page.load(db))?;
    let entry = |(order_id, refund_id, score, create_time): (OrderId, RefundId, i64, Timestamp)| ScoreLogEntry {
        order_id: Some(order_id),
        score_log_type: LogKind::Refunded,
        score,
        delta: -score,
        create_time,
        refund_id: Some(refund_id),
        position: (create_time, (refund_id.get(), Direction::Back.number())),
    };
    Ok(rows.into_iter().map(entry).collect())
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
            let mut points: Vec<(Direction, i64, Timestamp)> = with_conn!(db, log.load(db))?;
            let parts = user_score_part::table.filter(user_score_part::order_id.eq(task.order_id));
            let parts = parts.select((user_score_part::score, user_score_part::create_time));
            let parts: Vec<(i64, Timestamp)> = with_conn!(db, parts.load(db))?;
            points.extend(parts.into_iter().map(|(score, at)| (Direction::Back, score, at)));
            let balance = balance.into_iter().map(|(direction, money, at)| {
                let what = if direction == Direction::Forward { What::BalanceTaken } else { What::BalanceGivenBack };
                Event::new(at, what, money.to_string()).with("amount", money)
            });
            let points = points.into_iter().map(|(direction, points, at)| {
                let what = if direction == Direction::Forward { What::PointsAdded } else { What::PointsTakenBack };
                Event::new(at, what, points.to_string()).with("points", points)
            });
            Ok(balance.chain(points).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
