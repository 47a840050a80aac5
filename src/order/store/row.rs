//! A row of `orders`, and how it becomes an order.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{order_goods, orders};
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, UserId};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::order::message::{self, OrderGoods, PreOrder};

/// A row of `orders`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct Row {
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
    pub idempotency_key: String,
    pub fingerprint: String,
    pub deadline_time: Timestamp,
    pub wake_time: Option<Timestamp>,
    pub refusal: Option<String>,
    pub pay_id: Option<PayId>,
}

impl Row {
    /// The row of a new order.
    pub fn new(task: &PreOrder, now: Timestamp) -> Self {
        let status = if task.refusal.is_some() { OrderStatus::Invalid } else { OrderStatus::Unconfirmed };
        Self {
            order_id: task.order_id,
            user_id: task.user_id,
            order_status: status,
            pay_status: PayStatus::Unpaid,
            shipping_status: ShippingStatus::Unshipped,
            address: task.address.clone(),
            consignee: task.consignee.clone(),
            goods_amount: task.price.goods_amount,
            shipping_fee: task.price.shipping_fee,
            order_amount: task.price.order_amount,
            coupon_id: task.coupon_id,
            coupon_paid: task.price.coupon_paid,
            money_paid: task.price.money_paid,
            pay_amount: task.price.pay_amount,
            add_time: now,
            confirm_time: None,
            pay_time: None,
            idempotency_key: task.key.as_str().to_owned(),
            fingerprint: task.fingerprint.as_str().to_owned(),
            deadline_time: task.deadline,
            wake_time: task.refusal.is_none().then_some(task.deadline),
            refusal: task.refusal.map(|refusal| refusal.code().to_owned()),
            pay_id: None,
        }
    }

    /// Its three states.
    pub const fn state(&self) -> OrderState {
        OrderState { order: self.order_status, pay: self.pay_status, shipping: self.shipping_status }
    }

    /// Takes it to another state.
    pub const fn set_state(&mut self, state: OrderState) {
        (self.order_status, self.pay_status, self.shipping_status) = (state.order, state.pay, state.shipping);
    }

    /// The order, with its lines.
    pub fn into_order(self, goods: Vec<OrderGoods>) -> db::Result<message::Order> {
        let refusal = self.refusal.as_deref().map(refusal).transpose()?;
        Ok(message::Order {
            order_id: self.order_id,
            user_id: self.user_id,
            order_status: self.order_status,
            pay_status: self.pay_status,
            shipping_status: self.shipping_status,
            address: self.address,
            consignee: self.consignee,
            goods,
            goods_amount: self.goods_amount,
            shipping_fee: self.shipping_fee,
            order_amount: self.order_amount,
            coupon_id: self.coupon_id,
            coupon_paid: self.coupon_paid,
            money_paid: self.money_paid,
            pay_amount: self.pay_amount,
            add_time: self.add_time,
            confirm_time: self.confirm_time,
            pay_time: self.pay_time,
            pay_id: self.pay_id,
            refusal,
            deadline_time: self.deadline_time,
            fingerprint: self.fingerprint,
        })
    }
}

/// What a move changes in a row, and the state it is only to be changed from.
#[derive(Serialize)]
struct Moved {
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

const MOVE: Update = Update {
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
    only: "order_id = given.id AND order_status = given.order_was AND pay_status = given.pay_was \
           AND shipping_status = given.shipping_was",
    set: "order_status = given.order_now, pay_status = given.pay_now, shipping_status = given.shipping_now, \
          pay_time = given.paid_at, pay_id = given.paid_by, wake_time = given.wake",
};

/// Writes the rows that were moved, each from the state it had when it was locked.
pub fn write_moved(db: &mut Db, before: &HashMap<OrderId, OrderState>, rows: &HashMap<OrderId, Row>) -> db::Result<()> {
    let moved = before.iter().filter_map(|(id, was)| {
        let row = rows.get(id)?;
        Some(Moved {
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
    let moved: Vec<Moved> = moved.collect();
    db::expect_rows(MOVE.run(db, &moved)?, moved.len())
}

/// The refusal with a stored code.
pub fn refusal(code: &str) -> db::Result<Refusal> {
    Refusal::from_code(code).ok_or_else(|| db::Error::bug(format!("{code:?} is no refusal")))
}

/// Rows by their ids, locked until the transaction ends.
pub fn lock(db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, Row>> {
    let rows: Vec<Row> = db::load_by(ids, |ids| {
        with_conn!(db, for_update(orders::table.filter(any_of(orders::order_id, ids)).order(orders::order_id)).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.order_id, row)).collect())
}

/// The lines of orders.
pub fn read_lines(db: &mut Db, ids: &[OrderId]) -> db::Result<HashMap<OrderId, Vec<OrderGoods>>> {
    let rows: Vec<(OrderId, GoodsId, i64, Money)> =
        db::load_by(ids, |ids| with_conn!(db, order_goods::table.filter(any_of(order_goods::order_id, ids)).load(db)))?;
    let mut lines: HashMap<OrderId, Vec<OrderGoods>> = HashMap::new();
    for (order_id, goods_id, goods_number, goods_price) in rows {
        lines.entry(order_id).or_default().push(OrderGoods { goods_id, goods_number, goods_price });
    }
    Ok(lines)
}

/// Rows with their lines, in the order of the rows: one query for all lines.
pub fn into_orders(db: &mut Db, rows: Vec<Row>) -> db::Result<Vec<message::Order>> {
    let mut lines = read_lines(db, &rows.iter().map(|row| row.order_id).collect::<Vec<_>>())?;
    rows.into_iter()
        .map(|row| {
            let goods = lines.remove(&row.order_id).unwrap_or_default();
            row.into_order(goods)
        })
        .collect()
}
