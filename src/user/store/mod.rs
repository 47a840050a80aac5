//! User in its tables.

mod account;
mod listing;
mod score;

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::User;
use super::error::{AdjustRefusal, NameTaken, Refusal};
use super::message::{self, Adjust, Credential, Find, FindCredential, Register, SetPassword, Take};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{DELTA, Update};
use crate::db::schema::{user_adjustment, user_money_log, users};
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{Entry, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::Direction;
use crate::domain::text::Mobile;
use crate::messaging::contract::ORDER_REFUNDED;
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::inbox::bodies;
use crate::messaging::outbox::Message;

/// `money_log_type` 1 is paid for an order, 2 is refunded: the numbers of [`Direction`].
#[derive(Insertable)]
#[diesel(table_name = user_money_log, treat_none_as_default_value = false)]
struct LogRow {
    user_id: UserId,
    order_id: OrderId,
    money_log_type: Direction,
    use_money: Money,
    create_time: Timestamp,
}

fn read_log(db: &mut Db, orders: &[OrderId]) -> db::Result<HashMap<(OrderId, Direction), Money>> {
    use user_money_log::dsl;
    let rows: Vec<(OrderId, Direction, Money)> = db::load_by(orders, |orders| {
        with_conn!(
            db,
            dsl::user_money_log
                .filter(any_of(dsl::order_id, orders))
                .select((dsl::order_id, dsl::money_log_type, dsl::use_money))
                .load(db)
        )
    })?;
    Ok(rows.into_iter().map(|(order_id, direction, money)| ((order_id, direction), money)).collect())
}

fn insert_log(db: &mut Db, rows: &[LogRow]) -> db::Result<()> {
    insert_all!(db, user_money_log::table, rows)
}

/// Changes the balance of many users; none falls below zero.
const CHANGE_MONEY: Update = Update {
    table: "users",
    given: DELTA,
    only: "user_id = given.id AND user_money + given.delta >= 0",
    set: "user_money = user_money + given.delta",
};

/// Takes balance for orders: one read of the touched users, decided in arrival order, one guarded update for all.
///
/// The users are locked before the log is read: taking and giving back touch the same user, so one of the two sees what
/// the other did.
impl Task<User> for Take {
    type Outcome = Result<(), Refusal>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), Refusal>>> {
        let now = owner.context.clock.now();
        let mut left = account::lock(db, batch.iter().map(|task| task.user_id))?;
        let mut known: HashSet<(OrderId, Direction)> =
            read_log(db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?.into_keys().collect();
        let mut taken: BTreeMap<UserId, i64> = BTreeMap::new();
        let mut log = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let outcome = match reservation_state(&known, task.order_id) {
                ReservationState::Released => Err(Refusal::Released),
                ReservationState::Reserved => Ok(()),
                ReservationState::New => match left.get_mut(&task.user_id) {
                    None => Err(Refusal::NotFound),
                    Some(left) if *left < task.money => Err(Refusal::Insufficient),
                    Some(left) => {
                        *left = left.checked_sub(task.money).ok_or_else(out_of_range)?;
                        *taken.entry(task.user_id).or_default() -= task.money.minor();
                        log.push(log_row(task.user_id, task.order_id, Direction::Forward, task.money, now));
                        known.insert((task.order_id, Direction::Forward));
                        Ok(())
                    }
                },
            };
            outcomes.push(outcome);
        }
        CHANGE_MONEY.add(db, &taken)?;
        insert_log(db, &log)?;
        Ok(outcomes)
    }
}

/// Consumes order/cancel and order/refund (balance back, points back) and order/paid (points).
pub fn consume(owner: &User, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let of =
        |effect: Effect| messages.iter().copied().filter(|message| effect_of(message) == effect).collect::<Vec<_>>();
    let mut given_back = give_back(owner, &of(Effect::Balance), db)?.into_iter();
    let mut added = score::add(owner, &of(Effect::Points), db)?.into_iter();
    let mut taken_back = score::take_back(owner, &of(Effect::PointsBack), db)?.into_iter();
    let answer = |message: &&Message| {
        let own = match effect_of(message) {
            Effect::Balance => given_back.next(),
            Effect::Points => added.next(),
            Effect::PointsBack => taken_back.next(),
        };
        own.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(answer).collect())
}

/// What a message is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Balance,
    Points,
    PointsBack,
}

fn effect_of(message: &Message) -> Effect {
    match (message.group.as_str(), message.tag.as_str()) {
        ("points", tag) if tag == ORDER_REFUNDED.tag => Effect::PointsBack,
        ("points", _) => Effect::Points,
        _ => Effect::Balance,
    }
}

/// Gives back what each order took, and writes a tombstone where it took nothing.
fn give_back(owner: &User, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let cancelled: Vec<Result<ReservationsReleased, String>> = bodies(messages);
    account::lock(db, cancelled.iter().flatten().map(|order| order.user_id))?;
    let mut known = read_log(db, &cancelled.iter().flatten().map(|order| order.order_id).collect::<Vec<_>>())?;
    let mut given_back: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut log = Vec::new();
    for order in cancelled.iter().flatten() {
        if known.contains_key(&(order.order_id, Direction::Back)) {
            continue;
        }
        let money = known.get(&(order.order_id, Direction::Forward)).copied().unwrap_or_default();
        if money > Money::ZERO {
            *given_back.entry(order.user_id).or_default() += money.minor();
        }
        known.insert((order.order_id, Direction::Back), money);
        log.push(log_row(order.user_id, order.order_id, Direction::Back, money, now));
    }
    CHANGE_MONEY.add(db, &given_back)?;
    insert_log(db, &log)?;
    Ok(cancelled.into_iter().map(|order| order.map(drop)).collect())
}

fn out_of_range() -> db::Error {
    db::Error::bug("a balance leaves the range")
}

const fn log_row(
    user_id: UserId,
    order_id: OrderId,
    money_log_type: Direction,
    money: Money,
    now: Timestamp,
) -> LogRow {
    LogRow { user_id, order_id, money_log_type, use_money: money, create_time: now }
}

/// Users by their ids: one query for the whole batch.
impl Task<User> for Find {
    type Outcome = Option<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::User>>> {
        let users = account::find(db, batch.iter().map(|task| task.user_id))?;
        Ok(batch.iter().map(|task| users.get(&task.user_id).cloned()).collect())
    }
}

/// Credentials by name.
impl Task<User> for FindCredential {
    type Outcome = Option<message::Credential>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Credential>>> {
        let credential = |task: &FindCredential| {
            let row = users::table.filter(users::user_name.eq(task.user_name.as_str())).select((
                users::user_id,
                users::user_password,
                users::user_role,
            ));
            Ok(with_conn!(db, row.get_result(db)).optional()?)
        };
        batch.iter().map(credential).collect()
    }
}

/// New users; the name is looked up first, so that a taken one is a refusal and not a failed batch.
impl Task<User> for Register {
    type Outcome = Result<message::User, NameTaken>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<message::User, NameTaken>>> {
        let now = owner.context.clock.now();
        let register = |task: &Register| {
            let name = task.user_name.as_str();
            let taken = with_conn!(db, users::table.filter(users::user_name.eq(name)).count().get_result::<i64>(db))?;
            if taken > 0 {
                return Ok(Err(NameTaken));
            }
            let mobile = task.user_mobile.clone().map(Mobile::into_inner);
            let values = (
                users::user_id.eq(task.user_id),
                users::user_name.eq(name),
                users::user_password.eq(&task.password_hash),
                users::user_mobile.eq(&mobile),
                users::user_score.eq(task.user_score),
                users::user_money.eq(task.user_money),
                users::user_reg_time.eq(now),
                users::user_role.eq(task.role),
            );
            with_conn!(db, diesel::insert_into(users::table).values(values).execute(db))?;
            if task.user_money != Money::ZERO || task.user_score != 0 {
                let opening = "opening balance".to_owned();
                adjusted(owner, db, task.user_id, (task.user_money, task.user_score), opening, now)?;
            }
            Ok(Ok(message::User {
                user_id: task.user_id,
                user_name: name.to_owned(),
                user_mobile: mobile,
                user_score: task.user_score,
                user_money: task.user_money,
                user_reg_time: now,
            }))
        };
        batch.iter().map(register).collect()
    }
}

/// New passwords.
impl Task<User> for SetPassword {
    type Outcome = bool;
    const ACCESS: Access = Access::Write;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<bool>> {
        let set = |task: &SetPassword| {
            let row = users::table.find(task.user_id);
            Ok(with_conn!(db, diesel::update(row).set(users::user_password.eq(&task.password_hash)).execute(db))? == 1)
        };
        batch.iter().map(set).collect()
    }
}

/// Balance and points changed by hand.
impl Task<User> for Adjust {
    type Outcome = Result<message::User, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<message::User, AdjustRefusal>>> {
        let now = owner.context.clock.now();
        let adjust = |task: &Adjust| {
            account::lock(db, std::iter::once(task.user_id))?;
            let Some(mut user) = account::find(db, std::iter::once(task.user_id))?.remove(&task.user_id) else {
                return Ok(Err(AdjustRefusal::NotFound));
            };
            let money = user.user_money.checked_add(task.money).filter(|money| *money >= Money::ZERO);
            let (Some(money), Some(score)) = (money, user.user_score.checked_add(task.score)) else {
                return Ok(Err(AdjustRefusal::OutOfRange));
            };
            let unchanged = users::table.find(task.user_id).filter(users::user_money.eq(user.user_money));
            let met = with_conn!(
                db,
                diesel::update(unchanged).set((users::user_money.eq(money), users::user_score.eq(score))).execute(db)
            )?;
            db::expect_rows(met, 1)?;
            adjusted(owner, db, task.user_id, (task.money, task.score), task.reason.clone().into_inner(), now)?;
            (user.user_money, user.user_score) = (money, score);
            Ok(Ok(user))
        };
        batch.iter().map(adjust).collect()
    }
}

fn adjusted(
    owner: &User,
    db: &mut Db,
    user_id: UserId,
    (money, score): (Money, i64),
    reason: String,
    now: Timestamp,
) -> db::Result<()> {
    let row = (
        user_adjustment::adjustment_id.eq(owner.context.ids.next::<Entry>()),
        user_adjustment::user_id.eq(user_id),
        user_adjustment::money.eq(money),
        user_adjustment::score.eq(score),
        user_adjustment::reason.eq(reason),
        user_adjustment::create_time.eq(now),
    );
    with_conn!(db, diesel::insert_into(user_adjustment::table).values(row).execute(db))?;
    Ok(())
}
