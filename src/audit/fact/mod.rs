//! Loads what the owners have stored about a range of orders.

mod order;
mod payment;
mod reservation;

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::OwnerStores;
use crate::db::schema::{mq_producer, orders};
use crate::db::{self, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, Id, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{
    AuthorKind, CouponUse, Direction, IsPaid, MessageStatus, OrderStatus, PayStatus, RefundState, ShippingStatus,
};

/// The audited columns of `orders`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
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
    pub pay_starts: i32,
    pub carrier: Option<String>,
    pub tracking_no: Option<String>,
}

/// An entry of the order's journal, `order_act`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub act: String,
    pub by: AuthorKind,
    pub user_id: Option<UserId>,
    pub at: Timestamp,
}

/// A refund that was requested and not refused, or that the platform made by itself, from `order_refund`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    pub refund_id: RefundId,
    pub user_id: UserId,
    pub amount: Money,
    pub status: RefundState,
    /// Number of changes of the status that Pay has reported.
    pub revision: i32,
    /// Whether the platform made the refund by itself.
    pub is_foreign: bool,
}

impl RefundRequest {
    /// Whether the refund is done, or may still be.
    pub fn counts(&self) -> bool {
        matches!(self.status, RefundState::Pending | RefundState::Done)
    }

    /// Whether the request is from a release that did not follow how refunds end: it counts as done since the upgrade.
    pub fn is_of_earlier_release(&self) -> bool {
        self.status == RefundState::Done && self.revision == 0 && self.amount > Money::ZERO
    }
}

/// The coupon that an order names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub coupon_id: CouponId,
    pub user_id: UserId,
    pub price: Money,
    pub is_used: CouponUse,
    /// The order it is bound to now.
    pub order_id: Option<OrderId>,
}

/// The audited data of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub pay_id: PayId,
    pub user_id: UserId,
    pub pay_amount: Money,
    pub add_time: Timestamp,
    pub pay_time: Option<Timestamp>,
    pub close_time: Option<Timestamp>,
    /// Time that the platform was given as the end of the payment; `None` for payments of older versions.
    pub expire_time: Option<Timestamp>,
    /// The latest of the order's starts that led to it.
    pub start_no: i32,
    pub is_paid: IsPaid,
    pub trade_no: Option<String>,
    /// Order, user and amount in `pay_log`.
    pub log: Option<(OrderId, UserId, Money)>,
    /// Whether it has a row in `pay_open`.
    pub is_listed_open: bool,
    /// Whether it has a row in `pay_ask`.
    pub is_scheduled: bool,
    /// Whether a row of `pay_request` led to it.
    pub is_requested: bool,
    /// Number of accepted notifications.
    pub notifications: usize,
    pub refunds: Vec<Refund>,
}

impl Payment {
    /// Whether the platform has the money.
    pub fn is_paid(&self) -> bool {
        self.is_paid == IsPaid::Yes
    }

    /// Whether it is neither paid nor closed.
    pub fn is_open(&self) -> bool {
        !self.is_paid() && self.close_time.is_none()
    }
}

/// A refund of a payment, from `pay_refund`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub refund_id: RefundId,
    pub amount: Money,
    pub status: RefundState,
    /// Whether it is pending and nothing will make it.
    pub is_forgotten: bool,
    pub create_time: Timestamp,
    pub done_time: Option<Timestamp>,
    pub remark: Option<String>,
    /// Whether the platform made the refund by itself.
    pub is_foreign: bool,
}

/// All stored facts about one order. Without `row`, Order has no such order and the facts come from other owners' logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub row: Option<OrderRow>,
    /// Order lines: number of units and unit price.
    pub lines: BTreeMap<GoodsId, (i64, Money)>,
    pub acts: Vec<Act>,
    pub refunds: Vec<RefundRequest>,
    /// Number of units in the stock log.
    pub stock: BTreeMap<(GoodsId, Direction), i64>,
    /// Units that were given back with refunds, in the stock log.
    pub stock_parts: Vec<(RefundId, GoodsId, i64)>,
    /// Units that go back into stock with refunds, as the order says.
    pub returns: Vec<(RefundId, GoodsId, i64)>,
    pub coupon_log: Vec<(Direction, CouponId)>,
    /// The coupons that are bound to the order now.
    pub coupons_bound: Vec<CouponId>,
    /// The coupon that the order names, if there is one of this id.
    pub coupon: Option<Coupon>,
    pub money: Vec<(Direction, UserId, Money)>,
    pub score: Vec<(Direction, UserId, i64)>,
    /// Points that were deducted with part refunds.
    pub score_parts: Vec<(UserId, i64)>,
    pub payments: Vec<Payment>,
    /// The users that the order names and that do not exist.
    pub unknown_users: Vec<UserId>,
    /// The products of its lines that do not exist.
    pub unknown_goods: Vec<GoodsId>,
    /// Time of the latest entry that was found about the order. The owners are read one after the other, so an order
    /// with recent activity may look inconsistent.
    pub last_activity: Option<Timestamp>,
}

impl Facts {
    fn record_activity(&mut self, at: Timestamp) {
        self.last_activity = self.last_activity.max(Some(at));
    }

    /// Everyone whom the order names: its customer and the authors of its journal and its refunds.
    fn users(&self) -> impl Iterator<Item = UserId> {
        let authors = self.acts.iter().filter_map(|act| act.user_id);
        let requesters = self.refunds.iter().map(|refund| refund.user_id);
        self.row.iter().map(|row| row.user_id).chain(authors).chain(requesters)
    }
}

/// The facts of several orders.
pub type ByOrder = HashMap<OrderId, Facts>;

/// A range of order ids, as (exclusive lower bound, inclusive upper bound).
pub type Range = (OrderId, OrderId);

/// Loads the facts of up to `limit` orders with ids above `after`, and the last id of the page; `None` for the last
/// page. Orders that exist only in other owners' logs belong to the page whose range contains their id, so none is
/// skipped. Work that was due before `cutoff` is overdue.
pub fn page(
    stores: &OwnerStores,
    after: OrderId,
    limit: i64,
    cutoff: Timestamp,
) -> db::Result<(ByOrder, Option<OrderId>)> {
    let mut facts = ByOrder::new();
    let last = order::add(stores, after, limit, &mut facts)?;
    add_others(stores, (after, last.unwrap_or(OrderId::new(i64::MAX))), cutoff, &mut facts)?;
    Ok((facts, last))
}

/// Loads the facts of the orders in `range`. Work that was due before `cutoff` is overdue.
pub fn between(stores: &OwnerStores, range: Range, cutoff: Timestamp) -> db::Result<ByOrder> {
    let mut facts = ByOrder::new();
    order::add_range(stores, range, &mut facts)?;
    add_others(stores, range, cutoff, &mut facts)?;
    Ok(facts)
}

/// The number of orders in `range`.
pub fn count(stores: &OwnerStores, range: Range) -> db::Result<usize> {
    let db = &mut *stores.order.reader()?;
    let of_range = orders::order_id.gt(range.0).and(orders::order_id.le(range.1));
    let count: i64 = with_conn!(db, orders::table.filter(of_range).count().get_result(db))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Loads the facts of one order; empty facts if no owner knows it.
pub fn one(stores: &OwnerStores, order_id: OrderId, cutoff: Timestamp) -> db::Result<Facts> {
    Ok(between(stores, only(order_id), cutoff)?.remove(&order_id).unwrap_or_default())
}

/// The range of one order.
pub const fn only(order_id: OrderId) -> Range {
    (OrderId::new(order_id.get().saturating_sub(1)), order_id)
}

/// Adds what the owners other than Order have stored. Each owner's reader is given back before the next is taken.
fn add_others(stores: &OwnerStores, range: Range, cutoff: Timestamp, facts: &mut ByOrder) -> db::Result<()> {
    payment::add(stores, range, cutoff, facts)?;
    reservation::add_stock(stores, range, facts)?;
    reservation::add_coupons(stores, range, facts)?;
    reservation::add_balances(stores, range, facts)
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
