//! Wake-ups that are further ahead than the settings allow.

use diesel::prelude::*;

use crate::actor::{Access, Priority, Task};
use crate::db::schema::orders;
use crate::db::{self, Db, ROWS_PER_INSERT, any_of, skip_locked, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::id::OrderId;
use crate::domain::status::OrderStatus;
use crate::order::Order;
use crate::order::message::{BringForward, CountAhead};

impl Order {
    /// The end of the payment period of a confirmed order, judged at `now`. If the order was confirmed in the future, the
    /// clock was set back since, and its wake-up alone counts: the period ends as soon as that has passed.
    pub(super) fn payable_until(&self, confirmed: Option<Timestamp>, now: Timestamp) -> Timestamp {
        match confirmed {
            Some(confirmed) if confirmed <= now => confirmed.plus(self.pay_within),
            Some(_) => now,
            None => now.plus(self.pay_within),
        }
    }

    /// Whether the payment period of an order has ended now.
    pub(super) fn is_expired(&self, confirmed: Option<Timestamp>) -> bool {
        let now = self.context.clock.now_for_deadlines(self.pay_within);
        self.payable_until(confirmed, now) <= now
    }
}

/// Locks the orders of a status that have their wake-up beyond `horizon`, at most one page.
fn lock(db: &mut Db, status: OrderStatus, horizon: Horizon, now: Timestamp) -> db::Result<Vec<OrderId>> {
    let ahead = orders::table
        .filter(orders::wake_time.gt(Some(horizon.latest(now))).and(orders::order_status.eq(status)))
        .order((orders::wake_time, orders::order_id))
        .limit(i64::try_from(ROWS_PER_INSERT).unwrap_or(i64::MAX))
        .select(orders::order_id);
    Ok(with_conn!(db, skip_locked(ahead).load(db))?)
}

/// Brings the wake-ups of orders that wait for their payment forward to `until`.
pub fn bring_payments_forward(db: &mut Db, horizon: Horizon, now: Timestamp, until: Timestamp) -> db::Result<()> {
    let ids = lock(db, OrderStatus::Confirmed, horizon, now)?;
    if !ids.is_empty() {
        tracing::warn!(
            orders = ids.len(),
            "orders were to be paid later than orders.pay_within allows: the setting was lowered, or the clock set \
             back; they can now be paid until {until}"
        );
        let rows = orders::table.filter(any_of(orders::order_id, &ids));
        with_conn!(db, diesel::update(rows).set(orders::wake_time.eq(Some(until))).execute(db))?;
    }
    Ok(())
}

impl Task<Order> for BringForward {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        for task in batch {
            let ids = lock(db, OrderStatus::Unconfirmed, task.horizon, now)?;
            if !ids.is_empty() {
                tracing::warn!(
                    orders = ids.len(),
                    "the deadlines of unfinished orders were later than orders.deadline allows: the setting was \
                     lowered, or the clock set back; they are now at {}",
                    task.deadline
                );
                let rows = orders::table.filter(any_of(orders::order_id, &ids));
                let times = (orders::wake_time.eq(Some(task.deadline)), orders::deadline_time.eq(task.deadline));
                with_conn!(db, diesel::update(rows).set(times).execute(db))?;
            }
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Counts the orders that are beyond their horizon.
impl Task<Order> for CountAhead {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<i64>> {
        let now = owner.context.clock.now();
        let mut count = |status: OrderStatus, horizon: Horizon| -> db::Result<i64> {
            let ahead = orders::wake_time.gt(Some(horizon.latest(now))).and(orders::order_status.eq(status));
            Ok(with_conn!(db, orders::table.filter(ahead).count().get_result(db))?)
        };
        let mut count_both = |task: &Self| {
            Ok(count(OrderStatus::Unconfirmed, task.deadline)? + count(OrderStatus::Confirmed, task.payment)?)
        };
        batch.iter().map(&mut count_both).collect()
    }
}
