//! The events of orders for other systems, made from the lines of Order's chain and the columns that never change.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::Value;

use super::row::{OrderRow, read_lines};
use crate::db::schema::{order_act, order_refund, orders};
use crate::db::{self, Db, any_of, ledger, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::What;
use crate::domain::id::{EntryId, OrderId, RefundId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::order;
use crate::domain::status::OrderStatus;
use crate::messaging::feed::data::{
    CancelCause, OrderCancelled, OrderConfirmed, OrderPaid, OrderPlaced, OrderReceived, OrderRefunded,
    OrderRefundedPart, OrderShipped,
};
use crate::messaging::feed::event_type::{
    ACT, CONFIRMED, FAILED, ORDER_CANCELLED, ORDER_CONFIRMED, ORDER_PAID, ORDER_PLACED, ORDER_RECEIVED, ORDER_REFUNDED,
    ORDER_REFUNDED_PART, ORDER_SHIPPED, ORDERS, PAID, REFUNDED_PART,
};
use crate::messaging::feed::{Line, Published, Publisher};
use crate::order::Order;

/// Records in the chain that orders were changed: `start` says how. An order that is confirmed or paid has no new row in a
/// ledger from which the event could be made.
pub fn record(db: &mut Db, start: &str, orders: impl IntoIterator<Item = (OrderId, Timestamp)>) {
    for (order_id, at) in orders {
        ledger::record_occurrence(db, start, &[order_id.get(), at.0]);
    }
}

/// Records in the chain that a part of the amount of an order is back.
pub fn record_part(db: &mut Db, order_id: OrderId, at: Timestamp, refund_id: RefundId) {
    ledger::record_occurrence(db, REFUNDED_PART, &[order_id.get(), at.0, refund_id.get()]);
}

/// The rows that some lines are about.
struct Rows {
    orders: HashMap<OrderId, OrderRow>,
    lines: HashMap<OrderId, Vec<order::Line>>,
    acts: HashMap<EntryId, Act>,
    refunds: HashMap<RefundId, Money>,
}

/// The part of a row of `order_act` that an event needs.
struct Act {
    act: String,
    at: Timestamp,
    data: Value,
}

impl Rows {
    fn read(db: &mut Db, lines: &[Line<'_>]) -> db::Result<Self> {
        let of = |start: &str| lines.iter().filter(move |line| line.start == start).copied().collect::<Vec<_>>();
        let ids: Vec<OrderId> = lines.iter().filter_map(order_of).collect();
        let rows: Vec<OrderRow> =
            db::load_by(&ids, |ids| with_conn!(db, orders::table.filter(any_of(orders::order_id, ids)).load(db)))?;
        let placed: Vec<OrderId> = of(ORDERS).iter().filter_map(order_of).collect();
        let acts: Vec<EntryId> = of(ACT).iter().filter_map(|line| line.integer(0)).map(EntryId::new).collect();
        let columns = (order_act::act_id, order_act::act, order_act::create_time, order_act::data);
        let acts: Vec<(EntryId, String, Timestamp, Option<String>)> = db::load_by(&acts, |ids| {
            with_conn!(db, order_act::table.filter(any_of(order_act::act_id, ids)).select(columns).load(db))
        })?;
        let act = |(act_id, act, at, data): (EntryId, String, Timestamp, Option<String>)| {
            let data = data.and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
            (act_id, Act { act, at, data })
        };
        let parts = of(REFUNDED_PART);
        let refunds: Vec<RefundId> = parts.iter().filter_map(|line| line.integer(2)).map(RefundId::new).collect();
        let columns = (order_refund::refund_id, order_refund::amount);
        let refunds: Vec<(RefundId, Money)> = db::load_by(&refunds, |ids| {
            with_conn!(db, order_refund::table.filter(any_of(order_refund::refund_id, ids)).select(columns).load(db))
        })?;
        Ok(Self {
            lines: read_lines(db, &placed)?,
            orders: rows.into_iter().map(|row| (row.order_id, row)).collect(),
            acts: acts.into_iter().map(act).collect(),
            refunds: refunds.into_iter().collect(),
        })
    }
}

/// The order that a line is about.
fn order_of(line: &Line<'_>) -> Option<OrderId> {
    line.integer(usize::from(line.start == ACT)).map(OrderId::new)
}

impl Publisher for Order {
    fn events(&self, lines: &[Line<'_>], db: &mut Db) -> db::Result<Vec<Option<Published>>> {
        let rows = Rows::read(db, lines)?;
        lines.iter().map(|line| event(line, &rows).transpose()).collect()
    }
}

/// The event of a line; `None` if it is none, or if its rows are gone, which the audit reports.
fn event(line: &Line<'_>, rows: &Rows) -> Option<db::Result<Published>> {
    let row = rows.orders.get(&order_of(line)?)?;
    let OrderRow { order_id, user_id, pay_amount, .. } = *row;
    let (key, at, currency) = (order_id.to_string(), line.time(1), CURRENCY);
    Some(match line.start {
        ORDERS => {
            // A refused order was never placed. It stays as it is.
            let row = Some(row).filter(|row| row.order_status != OrderStatus::Invalid)?;
            let goods = rows.lines.get(&order_id).cloned().unwrap_or_default();
            Published::new(&ORDER_PLACED, key, order_id, row.add_time, &placed(row, goods))
        }
        CONFIRMED => {
            let data = OrderConfirmed { order_id, user_id, pay_amount, currency };
            Published::new(&ORDER_CONFIRMED, key, order_id, at, &data)
        }
        FAILED => {
            let data = OrderCancelled { order_id, user_id, cause: CancelCause::Refused, refusal: row.refusal.clone() };
            Published::new(&ORDER_CANCELLED, key, order_id, at, &data)
        }
        PAID => {
            let data = OrderPaid { order_id, user_id, pay_id: row.pay_id, pay_amount, currency };
            Published::new(&ORDER_PAID, key, order_id, at, &data)
        }
        REFUNDED_PART => {
            let refund_id = RefundId::new(line.integer(2)?);
            let amount = *rows.refunds.get(&refund_id)?;
            let data = OrderRefundedPart { order_id, user_id, refund_id, amount, currency };
            Published::new(&ORDER_REFUNDED_PART, refund_id.to_string(), order_id, at, &data)
        }
        ACT => {
            let act_id = EntryId::new(line.integer(0)?);
            act_event(act_id, rows.acts.get(&act_id)?, row)?
        }
        _ => return None,
    })
}

fn placed(row: &OrderRow, goods: Vec<order::Line>) -> OrderPlaced {
    OrderPlaced {
        order_id: row.order_id,
        user_id: row.user_id,
        goods,
        goods_amount: row.goods_amount,
        shipping_fee: row.shipping_fee,
        order_amount: row.order_amount,
        coupon_id: row.coupon_id,
        coupon_paid: row.coupon_paid,
        money_paid: row.money_paid,
        pay_amount: row.pay_amount,
        currency: CURRENCY,
    }
}

/// The event of an act on an order; `None` for an act that concerns the shop alone.
fn act_event(act_id: EntryId, act: &Act, row: &OrderRow) -> Option<db::Result<Published>> {
    let OrderRow { order_id, user_id, pay_amount, .. } = *row;
    let key = act_id.to_string();
    let text = |name: &str| act.data.get(name).and_then(Value::as_str).map(str::to_owned);
    let cancelled = |cause| OrderCancelled { order_id, user_id, cause, refusal: None };
    Some(match act.act.parse().ok()? {
        What::Cancelled => Published::new(&ORDER_CANCELLED, key, order_id, act.at, &cancelled(CancelCause::Cancelled)),
        What::Expired => Published::new(&ORDER_CANCELLED, key, order_id, act.at, &cancelled(CancelCause::Expired)),
        What::Shipped => {
            let (carrier, tracking_no) = (text("carrier"), text("tracking_no"));
            let data = OrderShipped { order_id, user_id, carrier, tracking_no };
            Published::new(&ORDER_SHIPPED, key, order_id, act.at, &data)
        }
        What::Received => Published::new(&ORDER_RECEIVED, key, order_id, act.at, &OrderReceived { order_id, user_id }),
        What::Refunded => {
            // Acts of earlier releases have no data. All that was paid is back.
            let amount = act.data.get("amount").and_then(|amount| serde_json::from_value(amount.clone()).ok());
            let amount: Money = amount.unwrap_or(pay_amount);
            let data = OrderRefunded { order_id, user_id, amount, currency: CURRENCY };
            Published::new(&ORDER_REFUNDED, key, order_id, act.at, &data)
        }
        _ => return None,
    })
}
