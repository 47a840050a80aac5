//! The tables of User: taking and refunding balance; accounts and passwords are in the modules.

mod account;
mod adjustment;
mod api_key;
mod ended_session;
mod listing;
mod reference;
mod registration;
mod score;
mod second_factor;
mod sign_in;
mod state;

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::User;
use super::error::TakeRefusal;
use super::message::{self, Take};
use crate::actor::{Access, Priority, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, DELTA, Update, change_by};
use crate::db::schema::user_money_log;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::reservation::{ReservationState, reservation_state};
use crate::domain::status::Direction;
use crate::messaging::contract::ReservationsReleased;
use crate::messaging::contract::{ORDER_REFUNDED, ORDER_REFUNDED_PART};
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;

/// A row of `user_money_log`. `money_log_type` is the number of a [`Direction`]: 1 for a payment, 2 for its refund.
#[derive(Insertable)]
#[diesel(table_name = user_money_log, treat_none_as_default_value = false)]
struct LogRow {
    user_id: UserId,
    order_id: OrderId,
    money_log_type: Direction,
    use_money: Money,
    create_time: Timestamp,
}

impl Entry for LogRow {
    const LEDGER: &'static str = "user_money_log";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.order_id.get()).integer(self.user_id.get()).integer(self.money_log_type.number());
        line.integer(self.use_money.minor()).integer(self.create_time.0);
    }
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
    ledger::record(db, rows);
    insert_all!(db, user_money_log::table, rows)
}

/// Changes the balance of many users. A change that would make a balance negative does not match its row, and the batch
/// fails.
struct ChangeMoney;

impl Change for ChangeMoney {
    const UPDATE: Update = Update {
        table: "users",
        given: DELTA,
        condition: "user_id = given.id AND user_money + given.delta >= 0",
        set: "user_money = user_money + given.delta",
    };
}

/// Locks and reads the balances of all users in the batch, decides in arrival order, then takes the balance with one
/// guarded update.
///
/// The users are locked before the log is read. Taking and refunding lock the same user, so the second of the two
/// always sees the log row of the first.
impl Task<User> for Take {
    type Outcome = Result<(), TakeRefusal>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<(), TakeRefusal>>> {
        let now = owner.context.clock.now();
        let mut balances = account::lock(db, batch.iter().map(|task| task.user_id))?;
        let mut known: HashSet<(OrderId, Direction)> =
            read_log(db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?.into_keys().collect();
        let mut deltas: BTreeMap<UserId, i64> = BTreeMap::new();
        let mut log = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let outcome = match reservation_state(&known, task.order_id) {
                ReservationState::Released => Err(TakeRefusal::Released),
                ReservationState::Reserved => Ok(()),
                ReservationState::New => match balances.get_mut(&task.user_id) {
                    None => Err(TakeRefusal::NotFound),
                    Some(balance) if *balance < task.money => Err(TakeRefusal::Insufficient(*balance)),
                    Some(balance) => {
                        *balance = balance.checked_sub(task.money).ok_or_else(out_of_range)?;
                        *deltas.entry(task.user_id).or_default() -= task.money.minor();
                        log.push(log_row(task.user_id, task.order_id, Direction::Forward, task.money, now));
                        known.insert((task.order_id, Direction::Forward));
                        Ok(())
                    }
                },
            };
            outcomes.push(outcome);
        }
        change_by::<ChangeMoney, _>(db, &deltas)?;
        insert_log(db, &log)?;
        Ok(outcomes)
    }
}

/// Consumes order/cancel and order/refund (refunds balance, deducts points) and order/paid (adds points).
pub fn consume(owner: &User, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let having =
        |effect: Effect| messages.iter().copied().filter(|message| effect_of(message) == effect).collect::<Vec<_>>();
    let mut balance = refund_balance(owner, &having(Effect::RefundBalance), db)?.into_iter();
    let mut added = score::add(owner, &having(Effect::AddPoints), db)?.into_iter();
    let mut parts = score::deduct_part(owner, &having(Effect::DeductPart), db)?.into_iter();
    let mut deducted = score::deduct(owner, &having(Effect::DeductPoints), db)?.into_iter();
    let outcome = |message: &&outbox::Message| {
        let next = match effect_of(message) {
            Effect::RefundBalance => balance.next(),
            Effect::AddPoints => added.next(),
            Effect::DeductPart => parts.next(),
            Effect::DeductPoints => deducted.next(),
        };
        next.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(outcome).collect())
}

/// The effect of a message on its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    RefundBalance,
    AddPoints,
    DeductPart,
    DeductPoints,
}

fn effect_of(message: &outbox::Message) -> Effect {
    match (message.group.as_ref(), message.tag.as_ref()) {
        ("points", tag) if tag == ORDER_REFUNDED.tag => Effect::DeductPoints,
        ("points", tag) if tag == ORDER_REFUNDED_PART.tag => Effect::DeductPart,
        ("points", _) => Effect::AddPoints,
        _ => Effect::RefundBalance,
    }
}

/// Refunds the balance that each order has taken. The log row of direction `Back` is also a tombstone: an order that
/// has not taken balance yet can no longer do so.
fn refund_balance(owner: &User, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let released: Vec<Result<ReservationsReleased, String>> = parse_bodies(messages);
    account::lock(db, released.iter().flatten().map(|order| order.user_id))?;
    let mut known = read_log(db, &released.iter().flatten().map(|order| order.order_id).collect::<Vec<_>>())?;
    let mut deltas: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut log = Vec::new();
    for order in released.iter().flatten() {
        if known.contains_key(&(order.order_id, Direction::Back)) {
            continue;
        }
        let money = known.get(&(order.order_id, Direction::Forward)).copied().unwrap_or_default();
        if money > Money::ZERO {
            *deltas.entry(order.user_id).or_default() += money.minor();
        }
        known.insert((order.order_id, Direction::Back), money);
        log.push(log_row(order.user_id, order.order_id, Direction::Back, money, now));
    }
    change_by::<ChangeMoney, _>(db, &deltas)?;
    insert_log(db, &log)?;
    Ok(released.into_iter().map(|order| order.map(drop)).collect())
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

/// Finds users by their ids with one query for the whole batch.
impl Task<User> for message::Find {
    type Outcome = Option<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::User>>> {
        let users = account::find(db, batch.iter().map(|task| task.user_id))?;
        Ok(batch.iter().map(|task| users.get(&task.user_id).cloned()).collect())
    }
}
