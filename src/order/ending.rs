//! What ends the saga of an order, in its tables: confirmed, or cancelled with the messages that give everything back.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::Order;
use super::message::{CANCELLED, Cancel, Confirm, Ended, OrderGoods, Release};
use super::row::{self, Row};
use crate::db::schema::orders;
use crate::db::{self, Db, each};
use crate::domain::clock::Timestamp;
use crate::domain::id::OrderId;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderStatus, PayStatus};
use crate::runtime::outbox;

type Rows = HashMap<OrderId, Row>;
type Lines = HashMap<OrderId, Vec<OrderGoods>>;

/// `unconfirmed -> confirmed` before the deadline, one statement for the whole batch. Where nothing is left to pay the
/// order is paid at once; else it wakes somebody when its time to be paid has passed.
pub fn confirm(owner: &Order, batch: &[Confirm], db: &mut Db) -> db::Result<Vec<Ended>> {
    let now = owner.kit.clock.now();
    let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
    let mut rows = row::lock(db, &ids)?;
    let lines = row::read_lines(db, &ids)?;
    let in_time = |row: &&mut Row| row.order_status == OrderStatus::Unconfirmed && now < row.deadline_time;
    let (mut to_pay, mut paid) = (Vec::new(), Vec::new());
    for row in rows.values_mut().filter(in_time) {
        row.order_status = OrderStatus::Confirmed;
        row.confirm_time = Some(now);
        row.wake_time = Some(now.plus(owner.pay_within));
        if row.pay_amount == Money::ZERO {
            row.wake_time = None;
            row.pay_status = PayStatus::Paid;
            row.pay_time = Some(now);
            paid.push(row.order_id);
        } else {
            to_pay.push(row.order_id);
        }
    }
    set_confirmed(db, &to_pay, (PayStatus::Unpaid, None), Some(now.plus(owner.pay_within)), now)?;
    set_confirmed(db, &paid, (PayStatus::Paid, Some(now)), None, now)?;
    batch.iter().map(|task| ended(task.order_id, &rows, &lines)).collect()
}

fn set_confirmed(
    db: &mut Db,
    ids: &[OrderId],
    (pay_status, pay_time): (PayStatus, Option<Timestamp>),
    wake_time: Option<Timestamp>,
    now: Timestamp,
) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let unconfirmed = orders::order_id.eq_any(ids).and(orders::order_status.eq(OrderStatus::Unconfirmed));
        let met = each!(
            db,
            diesel::update(orders::table.filter(unconfirmed))
                .set((
                    orders::order_status.eq(OrderStatus::Confirmed),
                    orders::pay_status.eq(pay_status),
                    orders::pay_time.eq(pay_time),
                    orders::confirm_time.eq(Some(now)),
                    orders::wake_time.eq(wake_time),
                ))
                .execute(db)
        )?;
        db::expect_rows(met, ids.len())?;
    }
    Ok(())
}

/// `unconfirmed -> cancelled`, with one message for each owner that may have taken something.
pub fn cancel(owner: &Order, batch: &[Cancel], db: &mut Db) -> db::Result<Vec<Ended>> {
    let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
    let mut rows = row::lock(db, &ids)?;
    let lines = row::read_lines(db, &ids)?;
    let mut by_refusal: BTreeMap<&'static str, Vec<OrderId>> = BTreeMap::new();
    let mut messages = Vec::new();
    for task in batch {
        let Some(row) = rows.get_mut(&task.order_id).filter(|row| row.order_status == OrderStatus::Unconfirmed) else {
            continue;
        };
        row.order_status = OrderStatus::Cancelled;
        row.wake_time = None;
        row.refusal = Some(task.refusal.code().to_owned());
        by_refusal.entry(task.refusal.code()).or_default().push(task.order_id);
        let goods = lines.get(&task.order_id).into_iter().flatten().map(|line| line.goods_id).collect();
        let body = Release { order_id: row.order_id, user_id: row.user_id, coupon_id: row.coupon_id, goods };
        messages.push((task.order_id, body));
    }
    for (code, ids) in by_refusal {
        let unique: HashSet<OrderId> = ids.into_iter().collect();
        set_cancelled(db, &unique.into_iter().collect::<Vec<_>>(), code)?;
    }
    outbox::write(db, &owner.kit, CANCELLED, std::time::Duration::ZERO, &messages)?;
    batch.iter().map(|task| ended(task.order_id, &rows, &lines)).collect()
}

fn set_cancelled(db: &mut Db, ids: &[OrderId], code: &str) -> db::Result<()> {
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let unconfirmed = orders::order_id.eq_any(ids).and(orders::order_status.eq(OrderStatus::Unconfirmed));
        let met = each!(
            db,
            diesel::update(orders::table.filter(unconfirmed))
                .set((
                    orders::order_status.eq(OrderStatus::Cancelled),
                    orders::wake_time.eq(None::<Timestamp>),
                    orders::refusal.eq(Some(code)),
                ))
                .execute(db)
        )?;
        db::expect_rows(met, ids.len())?;
    }
    Ok(())
}

fn ended(order_id: OrderId, rows: &Rows, lines: &Lines) -> db::Result<Ended> {
    let row = rows.get(&order_id).ok_or_else(|| db::Error::bug(format!("there is no order {order_id}")))?;
    let order = row.clone().into_order(lines.get(&order_id).cloned().unwrap_or_default())?;
    Ok(match order.order_status {
        OrderStatus::Unconfirmed => Ended::DeadlinePassed,
        OrderStatus::Confirmed | OrderStatus::Refunded => Ended::Confirmed(Box::new(order)),
        // It was confirmed, and given up since.
        OrderStatus::Cancelled if order.confirm_time.is_some() => Ended::Confirmed(Box::new(order)),
        OrderStatus::Cancelled | OrderStatus::Invalid => {
            Ended::Cancelled(order.refusal.unwrap_or(Refusal::OrderDeadlinePassed), Box::new(order))
        }
    })
}
