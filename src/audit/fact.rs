//! Loads what the owners have stored about a range of orders.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::OwnerStores;
use crate::db::schema::{
    coupon, coupon_log, goods_number_log, mq_producer, order_act, order_goods, order_refund, orders, pay, pay_log,
    pay_notice, pay_refund, user_money_log, user_score_log,
};
use crate::db::{self, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, Id, OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{
    Direction, IsPaid, MessageStatus, OrderStatus, PayStatus, RefundState, ShippingStatus, Verdict,
};

/// The audited columns of `orders`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub order_status: OrderStatus,
    pub pay_status: PayStatus,
    pub shipping_status: ShippingStatus,
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
    pub refusal: Option<String>,
    pub pay_id: Option<PayId>,
}

/// The audited data of a payment.
#[derive(Debug, Clone)]
pub struct Payment {
    pub pay_id: PayId,
    pub pay_amount: Money,
    pub is_paid: bool,
    /// Whether it is neither paid nor closed.
    pub is_open: bool,
    /// Whether it has a row in `pay_log`.
    pub is_logged: bool,
    /// Number of accepted notifications.
    pub notifications: usize,
    pub refunds: Vec<Refund>,
}

/// A refund of a payment.
#[derive(Debug, Clone)]
pub struct Refund {
    pub amount: Money,
    pub status: RefundState,
    pub due_time: Timestamp,
    pub remark: Option<String>,
}

/// All stored facts about one order. Without `row`, Order has no such order and the facts come from other owners' logs.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub row: Option<OrderRow>,
    /// Order lines: number of units and unit price.
    pub lines: BTreeMap<GoodsId, (i64, Money)>,
    /// Names of the actions in `order_act`.
    pub acts: HashSet<String>,
    /// Amounts of requested refunds, without refused ones.
    pub refunds: Vec<Money>,
    /// Number of units in the stock log.
    pub stock: BTreeMap<(GoodsId, Direction), i64>,
    pub coupon_log: Vec<(Direction, CouponId)>,
    /// Coupons that are bound to the order now.
    pub coupons_bound: Vec<CouponId>,
    pub money: Vec<(Direction, UserId, Money)>,
    pub score: Vec<(Direction, UserId, i64)>,
    pub payments: Vec<Payment>,
    /// Time of the latest entry that was found about the order. The owners are read one after the other, so an order
    /// with recent activity may look inconsistent.
    pub last_activity: Option<Timestamp>,
}

impl Facts {
    fn record_activity(&mut self, at: Timestamp) {
        self.last_activity = self.last_activity.max(Some(at));
    }
}

/// A range of order ids, as (exclusive lower bound, inclusive upper bound).
pub type Range = (OrderId, OrderId);

/// Loads the facts of up to `limit` orders with ids above `after`, and the last id of the page; `None` for the last
/// page. Orders that exist only in other owners' logs belong to the page whose range contains their id, so none is
/// skipped.
pub fn page(
    stores: &OwnerStores,
    after: OrderId,
    limit: i64,
) -> db::Result<(HashMap<OrderId, Facts>, Option<OrderId>)> {
    let mut facts: HashMap<OrderId, Facts> = HashMap::new();
    let (rows, last) = db::snapshot(&mut *stores.order.reader()?, |db| {
        let rows: Vec<OrderRow> = with_conn!(
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
        let lines: Vec<(OrderId, GoodsId, i64, Money)> = with_conn!(
            db,
            order_goods::table
                .filter(order_goods::order_id.gt(range.0).and(order_goods::order_id.le(range.1)))
                .load(db)
        )?;
        for (order_id, goods_id, number, price) in lines {
            facts.entry(order_id).or_default().lines.insert(goods_id, (number, price));
        }
        let acts: Vec<(OrderId, String, Timestamp)> = with_conn!(
            db,
            order_act::table
                .filter(order_act::order_id.gt(range.0).and(order_act::order_id.le(range.1)))
                .select((order_act::order_id, order_act::act, order_act::create_time))
                .load(db)
        )?;
        for (order_id, act, at) in acts {
            let facts = facts.entry(order_id).or_default();
            facts.acts.insert(act);
            facts.record_activity(at);
        }
        let refunds: Vec<(OrderId, Money)> = with_conn!(
            db,
            order_refund::table
                .filter(order_refund::order_id.gt(range.0).and(order_refund::order_id.le(range.1)))
                .filter(order_refund::refusal.is_null())
                .select((order_refund::order_id, order_refund::amount))
                .load(db)
        )?;
        for (order_id, amount) in refunds {
            facts.entry(order_id).or_default().refunds.push(amount);
        }
        for (order_id, at) in pending(db, rows.iter().map(|row| row.order_id))? {
            facts.entry(order_id).or_default().record_activity(at);
        }
        Ok((rows, last))
    })?;
    let range = (after, last.unwrap_or(OrderId::new(i64::MAX)));
    for row in rows {
        let order_id = row.order_id;
        facts.entry(order_id).or_default().row = Some(row);
    }
    add_payments(stores, range, &mut facts)?;
    add_reservations(stores, range, &mut facts)?;
    Ok((facts, last))
}

/// The undelivered outbox messages with one of `keys`, each with the time at which it was written.
fn pending<T>(db: &mut db::Db, keys: impl Iterator<Item = Id<T>>) -> db::Result<Vec<(Id<T>, Timestamp)>> {
    let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
    let rows: Vec<(String, Timestamp)> = db::load_by(&keys, |keys| {
        let undelivered = mq_producer::msg_key.eq_any(keys).and(mq_producer::msg_status.ne(MessageStatus::Done));
        let messages = mq_producer::table.filter(undelivered);
        with_conn!(db, messages.select((mq_producer::msg_key, mq_producer::create_time)).load(db))
    })?;
    Ok(rows.into_iter().filter_map(|(key, at)| Some((key.parse().ok()?, at))).collect())
}

/// Columns: order, payment, amount, time of payment, time of closing, whether it is paid.
type PayRow = (OrderId, PayId, Money, Option<Timestamp>, Option<Timestamp>, IsPaid);

fn add_payments(stores: &OwnerStores, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    db::snapshot(&mut *stores.pay.reader()?, |db| {
        let rows: Vec<PayRow> = with_conn!(
            db,
            pay::table
                .filter(pay::order_id.gt(range.0).and(pay::order_id.le(range.1)))
                .select((pay::order_id, pay::pay_id, pay::pay_amount, pay::pay_time, pay::close_time, pay::is_paid))
                .load(db)
        )?;
        let ids: Vec<PayId> = rows.iter().map(|row| row.1).collect();
        let logged: Vec<PayId> = db::load_by(&ids, |ids| {
            with_conn!(db, pay_log::table.filter(pay_log::pay_id.eq_any(ids)).select(pay_log::pay_id).load(db))
        })?;
        let logged: HashSet<PayId> = logged.into_iter().collect();
        let mut notifications = accepted_notifications(db, &ids)?;
        let mut refunds = refunds(db, &ids)?;
        let mut last_activity: HashMap<PayId, Timestamp> = HashMap::new();
        for (pay_id, at) in pending(db, ids.iter().copied())? {
            last_activity.entry(pay_id).and_modify(|latest| *latest = at.max(*latest)).or_insert(at);
        }
        for (order_id, pay_id, pay_amount, pay_time, close_time, is_paid) in rows {
            let facts = facts.entry(order_id).or_default();
            pay_time.into_iter().chain(last_activity.get(&pay_id).copied()).for_each(|at| facts.record_activity(at));
            facts.payments.push(Payment {
                pay_id,
                pay_amount,
                is_paid: is_paid == IsPaid::Yes,
                is_open: is_paid == IsPaid::No && close_time.is_none(),
                is_logged: logged.contains(&pay_id),
                notifications: notifications.remove(&pay_id).unwrap_or(0),
                refunds: refunds.remove(&pay_id).unwrap_or_default(),
            });
        }
        Ok(())
    })
}

/// The number of accepted notifications of each payment.
fn accepted_notifications(db: &mut db::Db, ids: &[PayId]) -> db::Result<HashMap<PayId, usize>> {
    let rows: Vec<Option<PayId>> = db::load_by(ids, |ids| {
        let ids = ids.iter().copied().map(Some);
        let accepted = pay_notice::pay_id.eq_any(ids).and(pay_notice::verdict.eq(Verdict::Accepted));
        with_conn!(db, pay_notice::table.filter(accepted).select(pay_notice::pay_id).load(db))
    })?;
    let mut counts = HashMap::new();
    for pay_id in rows.into_iter().flatten() {
        *counts.entry(pay_id).or_default() += 1;
    }
    Ok(counts)
}

type RefundColumns = (PayId, Money, RefundState, Timestamp, Option<String>);

fn refunds(db: &mut db::Db, ids: &[PayId]) -> db::Result<HashMap<PayId, Vec<Refund>>> {
    let rows: Vec<RefundColumns> = db::load_by(ids, |ids| {
        let refunds = pay_refund::table.filter(pay_refund::pay_id.eq_any(ids)).select((
            pay_refund::pay_id,
            pay_refund::amount,
            pay_refund::status,
            pay_refund::due_time,
            pay_refund::remark,
        ));
        with_conn!(db, refunds.load(db))
    })?;
    let mut refunds: HashMap<PayId, Vec<Refund>> = HashMap::new();
    for (pay_id, amount, status, due_time, remark) in rows {
        refunds.entry(pay_id).or_default().push(Refund { amount, status, due_time, remark });
    }
    Ok(refunds)
}

fn add_reservations(stores: &OwnerStores, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    let stock = goods_number_log::table
        .filter(goods_number_log::order_id.gt(range.0).and(goods_number_log::order_id.le(range.1)))
        .select((
            goods_number_log::order_id,
            goods_number_log::goods_id,
            goods_number_log::direction,
            goods_number_log::goods_number,
            goods_number_log::log_time,
        ));
    let db = &mut *stores.goods.reader()?;
    let stock: Vec<(OrderId, GoodsId, Direction, i64, Timestamp)> = with_conn!(db, stock.load(db))?;
    for (order_id, goods_id, direction, number, at) in stock {
        let facts = facts.entry(order_id).or_default();
        facts.stock.insert((goods_id, direction), number);
        facts.record_activity(at);
    }
    add_coupons(stores, range, facts)?;
    add_balances(stores, range, facts)
}

fn add_coupons(stores: &OwnerStores, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    db::snapshot(&mut *stores.coupon.reader()?, |db| {
        let log: Vec<(OrderId, Direction, CouponId, Timestamp)> = with_conn!(
            db,
            coupon_log::table
                .filter(coupon_log::order_id.gt(range.0).and(coupon_log::order_id.le(range.1)))
                .select((coupon_log::order_id, coupon_log::direction, coupon_log::coupon_id, coupon_log::log_time))
                .load(db)
        )?;
        let bound: Vec<(Option<OrderId>, CouponId)> = with_conn!(
            db,
            coupon::table
                .filter(coupon::order_id.gt(Some(range.0)).and(coupon::order_id.le(Some(range.1))))
                .select((coupon::order_id, coupon::coupon_id))
                .load(db)
        )?;
        for (order_id, direction, coupon_id, at) in log {
            let facts = facts.entry(order_id).or_default();
            facts.coupon_log.push((direction, coupon_id));
            facts.record_activity(at);
        }
        for (order_id, coupon_id) in bound {
            facts.entry(order_id.unwrap_or(OrderId::new(0))).or_default().coupons_bound.push(coupon_id);
        }
        Ok(())
    })
}

fn add_balances(stores: &OwnerStores, range: Range, facts: &mut HashMap<OrderId, Facts>) -> db::Result<()> {
    db::snapshot(&mut *stores.user.reader()?, |db| {
        let money: Vec<(OrderId, Direction, UserId, Money, Timestamp)> = with_conn!(
            db,
            user_money_log::table
                .filter(user_money_log::order_id.gt(range.0).and(user_money_log::order_id.le(range.1)))
                .select((
                    user_money_log::order_id,
                    user_money_log::money_log_type,
                    user_money_log::user_id,
                    user_money_log::use_money,
                    user_money_log::create_time,
                ))
                .load(db)
        )?;
        let score: Vec<(OrderId, Direction, UserId, i64, Timestamp)> = with_conn!(
            db,
            user_score_log::table
                .filter(user_score_log::order_id.gt(range.0).and(user_score_log::order_id.le(range.1)))
                .select((
                    user_score_log::order_id,
                    user_score_log::score_log_type,
                    user_score_log::user_id,
                    user_score_log::score,
                    user_score_log::create_time,
                ))
                .load(db)
        )?;
        for (order_id, direction, user_id, amount, at) in money {
            let facts = facts.entry(order_id).or_default();
            facts.money.push((direction, user_id, amount));
            facts.record_activity(at);
        }
        for (order_id, direction, user_id, points, at) in score {
            let facts = facts.entry(order_id).or_default();
            facts.score.push((direction, user_id, points));
            facts.record_activity(at);
        }
        Ok(())
    })
}
