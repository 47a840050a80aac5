//! The row type of `orders` and its conversion to and from messages.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::refund_row::{self, RefundSums, Refunds};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{order_goods, orders};
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, UserId};
use crate::domain::idempotency::Fingerprint;
use crate::domain::lifecycle::OrderState;
use crate::domain::money::{CURRENCY, Money};
use crate::domain::order::Line;
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::messaging::contract::ReservationsReleased;
use crate::order::Order;
use crate::order::message;

/// A row of `orders`.
#[derive(Debug, Clone, Queryable)]
pub struct OrderRow {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub order_status: OrderStatus,
    pub pay_status: PayStatus,
    pub shipping_status: ShippingStatus,
    pub address: String,
    pub consignee: String,
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
    #[expect(dead_code, reason = "the columns of a row are read by their places")]
    pub idempotency_key: String,
    pub fingerprint: String,
    pub deadline_time: Timestamp,
    pub wake_time: Option<Timestamp>,
    pub refusal: Option<String>,
    pub pay_id: Option<PayId>,
    pub refusal_data: Option<String>,
    /// The number of payments that were started.
    pub pay_starts: i32,
    pub carrier: Option<String>,
    pub tracking_no: Option<String>,
}

impl OrderRow {
    /// The states of order, payment and delivery.
    pub const fn state(&self) -> OrderState {
        OrderState { order: self.order_status, pay: self.pay_status, shipping: self.shipping_status }
    }

    /// Sets the states of order, payment and delivery.
    pub const fn set_state(&mut self, state: OrderState) {
        (self.order_status, self.pay_status, self.shipping_status) = (state.order, state.pay, state.shipping);
    }

    /// Converts the row, its lines and its refunds into an order.
    ///
    /// # Errors
    /// A bug if the stored code is not a refusal, or if the refunds leave the range of amounts.
    pub fn into_order(self, owner: &Order, goods: Vec<Line>, refunds: &Refunds) -> db::Result<message::Order> {
        let refunded_amount = RefundSums::of(&refunds.rows, self.order_id)?.done;
        let refunds = refunds.shown(self.order_id);
        let pay_before = owner.pay_before(self.state(), self.confirm_time);
        let refusal = self.refusal.as_deref().map(refusal).transpose()?;
        Ok(message::Order {
            order_id: self.order_id,
            user_id: self.user_id,
            order_status: self.order_status,
            pay_status: self.pay_status,
            shipping_status: self.shipping_status,
            address: self.address.into(),
            consignee: self.consignee.into(),
            carrier: self.carrier,
            tracking_no: self.tracking_no,
            goods: goods.into(),
            goods_amount: self.goods_amount,
            shipping_fee: self.shipping_fee,
            order_amount: self.order_amount,
            coupon_id: self.coupon_id,
            coupon_paid: self.coupon_paid,
            money_paid: self.money_paid,
            pay_amount: self.pay_amount,
            currency: CURRENCY,
            pay_before,
            add_time: self.add_time,
            confirm_time: self.confirm_time,
            pay_time: self.pay_time,
            pay_id: self.pay_id,
            refunded_amount,
            refunds,
            refusal,
            refusal_data: self.refusal_data.as_deref().map(Refused::causes_from_stored).unwrap_or_default(),
            deadline_time: self.deadline_time,
            fingerprint: Fingerprint::stored(self.fingerprint),
        })
    }
}

/// Parameters of [`SetState`] for one order: the expected state (`_was`) and the new values.
#[derive(Serialize)]
struct StateChange {
    id: i64,
    order_was: i32,
    pay_was: i32,
    shipping_was: i32,
    order_now: i32,
    pay_now: i32,
    shipping_now: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_by: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wake: Option<i64>,
}

/// Changes the state of orders that are still in the expected state.
struct SetState;

impl Change for SetState {
    const UPDATE: Update = Update {
        table: "orders",
        given: &[
            ("id", Kind::Integer),
            ("order_was", Kind::Integer),
            ("pay_was", Kind::Integer),
            ("shipping_was", Kind::Integer),
            ("order_now", Kind::Integer),
            ("pay_now", Kind::Integer),
            ("shipping_now", Kind::Integer),
            ("paid_at", Kind::Integer),
            ("paid_by", Kind::Integer),
            ("wake", Kind::Integer),
        ],
        condition: "order_id = given.id AND order_status = given.order_was AND pay_status = given.pay_was \
               AND shipping_status = given.shipping_was",
        set: "order_status = given.order_now, pay_status = given.pay_now, shipping_status = given.shipping_now, \
              pay_time = given.paid_at, pay_id = given.paid_by, wake_time = given.wake",
    };
}

/// Writes the rows whose state has changed. `before` has the state of each changed order at the time it was locked.
///
/// # Errors
/// A conflict if an order is no longer in that state.
pub fn write_states(
    db: &mut Db,
    before: &HashMap<OrderId, OrderState>,
    rows: &HashMap<OrderId, OrderRow>,
) -> db::Result<()> {
    let changes = before.iter().filter_map(|(id, was)| {
        let row = rows.get(id)?;
        Some(StateChange {
            id: id.get(),
            order_was: was.order.number(),
            pay_was: was.pay.number(),
            shipping_was: was.shipping.number(),
            order_now: row.order_status.number(),
            pay_now: row.pay_status.number(),
            shipping_now: row.shipping_status.number(),
            paid_at: row.pay_time.map(|time| time.0),
            paid_by: row.pay_id.map(PayId::get),
            wake: row.wake_time.map(|time| time.0),
        })
    });
    let changes: Vec<StateChange> = changes.collect();
    db::expect_rows(change::<SetState, _>(db, &changes)?, changes.len())
}

/// Parses a stored refusal code.
pub fn refusal(code: &str) -> db::Result<Refusal> {
    Refusal::from_code(code).ok_or_else(|| db::Error::bug(format!("{code:?} is no refusal")))
}

/// Locks rows by their ids until the transaction ends.
pub fn lock(db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, OrderRow>> {
    let rows: Vec<OrderRow> = db::load_by(ids, |ids| {
        with_conn!(db, for_update(orders::table.filter(any_of(orders::order_id, ids)).order(orders::order_id)).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.order_id, row)).collect())
}

/// Reads the lines of orders.
pub fn read_lines(db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, Vec<Line>>> {
    let rows: Vec<(OrderId, GoodsId, Quantity, Money, Option<String>)> =
        db::load_by(ids, |ids| with_conn!(db, order_goods::table.filter(any_of(order_goods::order_id, ids)).load(db)))?;
    let mut lines: HashMap<OrderId, Vec<Line>> = HashMap::new();
    for (order_id, goods_id, goods_number, goods_price, goods_name) in rows {
        lines.entry(order_id).or_default().push(Line { goods_id, goods_number, goods_price, goods_name });
    }
    Ok(lines)
}

/// Converts rows into orders in the same sequence, with one query for all lines and one for all refunds.
pub fn into_orders(owner: &Order, db: &mut Db, rows: Vec<OrderRow>) -> db::Result<Vec<message::Order>> {
    let mut lines = read_lines(db, &rows.iter().map(|row| row.order_id).collect::<Vec<_>>())?;
    // Only paid orders can have refunds.
    let paid = rows.iter().filter(|row| row.pay_status == PayStatus::Paid).map(|row| row.order_id);
    let refunds = refund_row::of_orders(db, &paid.collect::<Vec<_>>())?;
    rows.into_iter()
        .map(|row| {
            let goods = lines.remove(&row.order_id).unwrap_or_default();
            row.into_order(owner, goods, &refunds)
        })
        .collect()
}

/// The message that releases the reservations of an order with these lines.
pub fn reservations(row: &OrderRow, lines: &[Line]) -> ReservationsReleased {
    let goods = lines.iter().map(|line| line.goods_id).collect();
    ReservationsReleased { order_id: row.order_id, user_id: row.user_id, coupon_id: row.coupon_id, goods }
}
