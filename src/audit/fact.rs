//! All that the owners know of a range of orders.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::Books;
use crate::db::schema::{
    coupon, coupon_log, goods_number_log, mq_producer, order_goods, orders, pay, pay_log, user_money_log,
    user_score_log,
};
use crate::db::{self, each};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{Direction, OrderStatus, PayStatus};

/// The part of a row of `orders` that is checked.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub order_status: OrderStatus,
    pub pay_status: PayStatus,
    pub goods_amount: Money,
    pub shipping_fee: Money,
    pub order_amount: Money,
    pub coupon_id: Option<CouponId>,
    pub coupon_paid: Money,
    pub money_paid: Money,
    pub pay_amount: Money,
    pub add_time: Timestamp,
    pub confirm_time: Option<Timestamp>,
    pub pay_time: Option<Timestamp>,
    pub deadline_time: Timestamp,
    pub wake_time: Option<Timestamp>,
}

/// A payment, as far as it is checked.
#[derive(Debug, Clone, Copy)]
pub struct Payment {
    pub pay_id: PayId,
    pub pay_amount: Money,
    pub pay_time: Option<Timestamp>,
    pub is_paid: bool,
    pub is_logged: bool,
}

/// All that is known of one order; without a row, it is only known from the logs of others.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub row: Option<OrderRow>,
    pub lines: BTreeMap<GoodsId, (i64, Money)>,
    pub stock: BTreeMap<(GoodsId, Direction), i64>,
    pub coupon_log: Vec<(Direction, CouponId)>,
    pub coupons_bound: Vec<CouponId>,
    pub money: Vec<(Direction, UserId, Money)>,
    pub score: Vec<(Direction, UserId, i64)>,
    pub payments: Vec<Payment>,
    /// When the oldest message about it that is not delivered yet was written.
    pub pending_since: Option<Timestamp>,
}

/// A range of order ids: after the first, up to and with the second.
pub type Range = (OrderId, OrderId);

/// One page of facts, and where the next begins; `None` after the last. What is only in other owners' logs belongs to
/// the page its id falls into, so nothing is left out.
pub fn page(books: &Books, after: OrderId, limit: i64) -> db::Result<(HashMap<OrderId, Facts>, Option<OrderId>)> {
    let mut facts: HashMap<OrderId, Facts> = HashMap::new();
    let (rows, last) = db::snapshot(&mut *books.order.reader()?, |db| {
        let rows: Vec<OrderRow> = each!(
            db,
            orders::table
                .filter(orders::order_id.gt(after))
                .order(orders::order_id)
                .limit(limit)
                .select(OrderRow::as_select())
                .load(db)
        )?;
        let is_full = i64::try_from(rows.len()).unwrap_or(0) == limit;
        let last = rows.last().filter(|_| is_full).map(|row| row.order_id);
        let range = (after, last.unwrap_or(OrderId::new(i64::MAX)));
        let lines: Vec<(OrderId, GoodsId, i64, Money)> = each!(
            db,
            order_goods::table
                .filter(order_goods::order_id.gt(range.0).and(order_goods::order_id.le(range.1)))
                .load(db)
        )?;
        let pending: Vec<(String, i64)> = pending(db)?;
        for (order_id, goods_id, number, price) in lines {
            facts.entry(order_id).or_default().lines.insert(goods_id, (number, price));
        }
        mark_pending(&mut facts, range, pending.into_iter().filter_map(|(key, at)| Some((key.parse().ok()?, at))));
        Ok((rows, last))
    })?;
    let range = (after, last.unwrap_or(OrderId::new(i64::MAX)));
    for row in rows {
        let order_id = row.order_id;
        facts.entry(order_id).or_default().row = Some(row);
    }
    add_payments(books, range, &mut facts)?;
    add_reservations(books, range, &mut facts)?;
    Ok((facts, last))
}

/// Keys and times of the messages that are not delivered yet.
fn pending(db: &mut db::Db) -> db::Result<Vec<(String, i64)>> {
    let undelivered = mq_producer::table
        .filter(mq_producer::msg_status.ne(1))
        .select((mq_producer::msg_key, mq_producer::create_time));
    Ok(each!(db, undelivered.load(db))?)
}

fn mark_pending(facts: &mut HashMap<OrderId, Facts>, range: Range, pending: impl Iterator<Item = (OrderId, i64)>) {
    for (order_id, at) in pending.filter(|(id, _)| *id > range.0 && *id <= range.1) {
        let since = &mut facts.entry(order_id).or_default().pending_since;
        *since = Some(since.map_or(Timestamp(at), |earlier| earlier.min(Timestamp(at))));
    }
}

fn add_payments(books: &Books, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    db::snapshot(&mut *books.pay.reader()?, |db| {
        let rows: Vec<(OrderId, PayId, Money, Option<Timestamp>, i32)> = each!(
            db,
            pay::table
                .filter(pay::order_id.gt(range.0).and(pay::order_id.le(range.1)))
                .select((pay::order_id, pay::pay_id, pay::pay_amount, pay::pay_time, pay::is_paid))
                .load(db)
        )?;
        let ids: Vec<PayId> = rows.iter().map(|row| row.1).collect();
        let logged: HashSet<PayId> =
            each!(db, pay_log::table.filter(pay_log::pay_id.eq_any(ids)).select(pay_log::pay_id).load(db))?
                .into_iter()
                .collect();
        let pending: HashMap<String, i64> = pending(db)?.into_iter().collect();
        let of = |pay_id: PayId| pending.get(&pay_id.to_string()).copied();
        mark_pending(facts, range, rows.iter().filter_map(|row| Some((row.0, of(row.1)?))));
        for (order_id, pay_id, pay_amount, pay_time, is_paid) in rows {
            let (is_paid, is_logged) = (is_paid == 2, logged.contains(&pay_id));
            let payment = Payment { pay_id, pay_amount, pay_time, is_paid, is_logged };
            facts.entry(order_id).or_default().payments.push(payment);
        }
        Ok(())
    })
}

fn add_reservations(books: &Books, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    let stock = goods_number_log::table
        .filter(goods_number_log::order_id.gt(range.0).and(goods_number_log::order_id.le(range.1)))
        .select((
            goods_number_log::order_id,
            goods_number_log::goods_id,
            goods_number_log::direction,
            goods_number_log::goods_number,
        ));
    let db = &mut *books.goods.reader()?;
    let stock: Vec<(OrderId, GoodsId, Direction, i64)> = each!(db, stock.load(db))?;
    for (order_id, goods_id, direction, number) in stock {
        facts.entry(order_id).or_default().stock.insert((goods_id, direction), number);
    }
    db::snapshot(&mut *books.coupon.reader()?, |db| {
        let log: Vec<(OrderId, Direction, CouponId)> = each!(
            db,
            coupon_log::table
                .filter(coupon_log::order_id.gt(range.0).and(coupon_log::order_id.le(range.1)))
                .select((coupon_log::order_id, coupon_log::direction, coupon_log::coupon_id))
                .load(db)
        )?;
        let bound: Vec<(Option<OrderId>, CouponId)> = each!(
            db,
            coupon::table
                .filter(coupon::order_id.gt(Some(range.0)).and(coupon::order_id.le(Some(range.1))))
                .select((coupon::order_id, coupon::coupon_id))
                .load(db)
        )?;
        for (order_id, direction, coupon_id) in log {
            facts.entry(order_id).or_default().coupon_log.push((direction, coupon_id));
        }
        for (order_id, coupon_id) in bound {
            facts.entry(order_id.unwrap_or(OrderId::new(0))).or_default().coupons_bound.push(coupon_id);
        }
        Ok(())
    })?;
    db::snapshot(&mut *books.user.reader()?, |db| {
        let money: Vec<(OrderId, Direction, UserId, Money)> = each!(
            db,
            user_money_log::table
                .filter(user_money_log::order_id.gt(range.0).and(user_money_log::order_id.le(range.1)))
                .select((
                    user_money_log::order_id,
                    user_money_log::money_log_type,
                    user_money_log::user_id,
                    user_money_log::use_money,
                ))
                .load(db)
        )?;
        let score: Vec<(OrderId, Direction, UserId, i64)> = each!(
            db,
            user_score_log::table
                .filter(user_score_log::order_id.gt(range.0).and(user_score_log::order_id.le(range.1)))
                .select((
                    user_score_log::order_id,
                    user_score_log::score_log_type,
                    user_score_log::user_id,
                    user_score_log::score,
                ))
                .load(db)
        )?;
        for (order_id, direction, user_id, amount) in money {
            facts.entry(order_id).or_default().money.push((direction, user_id, amount));
        }
        for (order_id, direction, user_id, points) in score {
            facts.entry(order_id).or_default().score.push((direction, user_id, points));
        }
        Ok(())
    })
}
