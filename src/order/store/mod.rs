//! The tables of Order: writing, finding and claiming orders. `account` has the caps on unpaid orders, `completion` has
//! what completes a saga, `transition` the actions on an order, `paying`, `payment` and `refund` what Pay reports.

mod account;
mod act_log;
mod ahead;
mod completion;
mod listing;
mod parcel;
mod paying;
mod payment;
mod refund;
mod refund_row;
mod requested;
mod row;
mod transition;

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use self::account::Accounts;
use self::refund_row::Refunds;
use super::Order;
use super::message::{self, ClaimExpired, CountUnfinished, ListUnfinished, PreOrder, PreOrdered};
use crate::actor::{Access, Priority, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{order_goods, orders};
use crate::db::{self, Db, any_of, any_of_pairs, insert_all, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::status::OrderStatus;
use crate::messaging::contract::{PAYMENT_ENDED, PAYMENT_REFUND};
use crate::messaging::outbox;
use row::{OrderRow, into_orders};

/// Consumes payment/paid, payment/refund and payment/ended.
pub fn consume(owner: &Order, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let of_tag = |tag: &str| -> Vec<&outbox::Message> {
        messages.iter().copied().filter(|message| message.tag == tag).collect()
    };
    let is_other = |message: &outbox::Message| message.tag != PAYMENT_REFUND.tag && message.tag != PAYMENT_ENDED.tag;
    let paid: Vec<&outbox::Message> = messages.iter().copied().filter(|message| is_other(message)).collect();
    // A payment and its refund may arrive together. The payment comes first.
    let mut paid = payment::consume(owner, &paid, db)?.into_iter();
    let mut refunds = refund::consume(owner, &of_tag(PAYMENT_REFUND.tag), db)?.into_iter();
    let mut ended = paying::consume(&of_tag(PAYMENT_ENDED.tag), db)?.into_iter();
    let outcome = |message: &&outbox::Message| {
        let next = match message.tag.as_str() {
            tag if tag == PAYMENT_REFUND.tag => refunds.next(),
            tag if tag == PAYMENT_ENDED.tag => ended.next(),
            _ => paid.next(),
        };
        next.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(outcome).collect())
}

#[derive(Insertable)]
#[diesel(table_name = order_goods, treat_none_as_default_value = false)]
struct LineRow {
    order_id: OrderId,
    goods_id: GoodsId,
    goods_number: Quantity,
    goods_price: Money,
    goods_name: Option<String>,
}

impl Entry for LineRow {
    const LEDGER: &'static str = "order_goods";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.order_id.get()).integer(self.goods_id.get());
        line.integer(self.goods_number.get()).integer(self.goods_price.minor());
    }
}

/// An idempotency key and its user.
type Key = (UserId, String);

/// Reads the orders that the keys of a batch were used for.
fn read_by_keys(owner: &Order, db: &mut Db, batch: &[PreOrder]) -> db::Result<HashMap<Key, message::Order>> {
    let keys: Vec<(UserId, &str)> = batch.iter().map(|task| (task.user_id, task.key.as_str())).collect();
    let rows: Vec<OrderRow> = db::load_by_pairs(&keys, |keys| {
        with_conn!(db, orders::table.filter(any_of_pairs((orders::user_id, orders::idempotency_key), keys)).load(db))
    })?;
    let keys: Vec<Key> = rows.iter().map(|row| (row.user_id, row.idempotency_key.clone())).collect();
    Ok(keys.into_iter().zip(into_orders(owner, db, rows)?).collect())
}

/// Inserts orders whose key is new. The key is looked up first, so that a key that was used before has an outcome and
/// does not fail the batch.
impl Task<Order> for PreOrder {
    type Outcome = PreOrdered;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<PreOrdered>> {
        let now = owner.context.clock.now();
        let existing = read_by_keys(owner, db, batch)?;
        // Index of the first task with each key in this batch.
        let mut first_index: HashMap<(UserId, &str), usize> = HashMap::with_capacity(batch.len());
        let is_new = |task: &&Self| !existing.contains_key(&(task.user_id, task.key.as_str().to_owned()));
        let mut accounts = Accounts::lock(owner, db, batch.iter().filter(is_new))?;
        let (mut rows, mut line_rows) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let first = *first_index.entry((task.user_id, task.key.as_str())).or_insert(outcomes.len());
            let duplicate = outcomes.get(first).map(PreOrdered::order);
            if let Some(order) = duplicate.or_else(|| existing.get(&(task.user_id, task.key.as_str().to_owned()))) {
                let existed = PreOrdered::Existed(order.clone());
                outcomes.push(existed);
                continue;
            }
            let capped = accounts.refuse_or_add(task);
            let task = capped.as_ref().unwrap_or(task);
            line_rows.extend(task.lines.iter().map(|line| LineRow {
                order_id: task.order_id,
                goods_id: line.goods_id,
                goods_number: line.goods_number,
                goods_price: line.goods_price,
                goods_name: line.goods_name.clone(),
            }));
            let row = OrderRow::new(task, now);
            rows.push(row.clone());
            outcomes.push(PreOrdered::Written(row.into_order(owner, task.lines.clone(), &Refunds::default())?));
        }
        accounts.write(db)?;
        ledger::record(db, &rows);
        ledger::record(db, &line_rows);
        insert_all!(db, orders::table, &rows)?;
        insert_all!(db, order_goods::table, &line_rows)?;
        Ok(outcomes)
    }
}

/// Finds orders of their customers.
impl Task<Order> for message::Find {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Order>>> {
        let orders = read(owner, db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?;
        let find = |task: &Self| orders.get(&task.order_id).filter(|order| order.user_id == task.user_id).cloned();
        Ok(batch.iter().map(find).collect())
    }
}

/// Reads orders by their ids.
fn read(owner: &Order, db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, message::Order>> {
    let rows: Vec<OrderRow> =
        db::load_by(ids, |ids| with_conn!(db, orders::table.filter(any_of(orders::order_id, ids)).load(db)))?;
    Ok(into_orders(owner, db, rows)?.into_iter().map(|order| (order.order_id, order)).collect())
}

/// Finds orders of any user.
impl Task<Order> for message::FindAny {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<message::Order>>> {
        let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let orders = read(owner, db, &ids)?;
        Ok(ids.iter().map(|id| orders.get(id).cloned()).collect())
    }
}

/// Reads pages of unconfirmed orders by wake time, which is the deadline of an unconfirmed order. The index on the wake
/// time finds the few unconfirmed orders; paging by id would scan the whole table.
impl Task<Order> for ListUnfinished {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Order>>> {
        let page = |task: &Self| {
            let (from, after) = task.after.unwrap_or((Timestamp(i64::MIN), OrderId::new(0)));
            let later = orders::wake_time.gt(Some(from)).or(orders::order_id.gt(after));
            let rows = with_conn!(
                db,
                orders::table
                    .filter(orders::wake_time.ge(Some(from)).and(orders::wake_time.le(Some(task.until))))
                    .filter(orders::order_status.eq(OrderStatus::Unconfirmed).and(later))
                    .order((orders::wake_time, orders::order_id))
                    .limit(task.limit)
                    .load(db)
            )?;
            into_orders(owner, db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// Counts unconfirmed orders.
impl Task<Order> for CountUnfinished {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<i64>> {
        let count = |task: &Self| {
            let unfinished =
                orders::wake_time.le(Some(task.until)).and(orders::order_status.eq(OrderStatus::Unconfirmed));
            Ok(with_conn!(db, orders::table.filter(unfinished).count().get_result(db))?)
        };
        batch.iter().map(count).collect()
    }
}

/// Claims the orders whose payment period has expired and postpones their wake time by the lease. If `pay_within` was
/// increased since an order was confirmed, the order is not claimed; its wake time moves to the new end of the period.
/// If `pay_within` was lowered, or the clock set back, the period ends at most `pay_within` from now.
impl Task<Order> for ClaimExpired {
    type Outcome = Vec<OrderId>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<OrderId>>> {
        // A step forward of the clock must not cancel an order early.
        let now = owner.context.clock.now_for_deadlines(owner.pay_within);
        let stored_at = owner.context.clock.now();
        let claim = |task: &Self| {
            ahead::bring_payments_forward(db, task.horizon, stored_at, stored_at.plus(owner.pay_within))?;
            let due = orders::table
                .filter(orders::wake_time.le(Some(now)).and(orders::order_status.eq(OrderStatus::Confirmed)))
                .order((orders::wake_time, orders::order_id))
                .limit(task.limit)
                .select((orders::order_id, orders::confirm_time));
            let due: Vec<(OrderId, Option<Timestamp>)> = with_conn!(db, skip_locked(due).load(db))?;
            let payable_until = |confirmed| owner.payable_until(confirmed, now);
            let wake = |confirmed| {
                let until = payable_until(confirmed);
                if until > now { until } else { now.plus(task.lease) }
            };
            let wakes: Vec<Wake> =
                due.iter().map(|(id, confirmed)| Wake { id: id.get(), wake: wake(*confirmed).0 }).collect();
            db::expect_rows(SET_WAKE.run(db, &wakes)?, wakes.len())?;
            Ok(due.into_iter().filter(|(_, confirmed)| payable_until(*confirmed) <= now).map(|(id, _)| id).collect())
        };
        batch.iter().map(claim).collect()
    }
}

/// Parameters of [`SET_WAKE`] for one order.
#[derive(Serialize)]
struct Wake {
    id: i64,
    wake: i64,
}

const SET_WAKE: Update = Update {
    table: "orders",
    given: &[("id", Kind::Integer), ("wake", Kind::Integer)],
    condition: "order_id = given.id",
    set: "wake_time = given.wake",
};
