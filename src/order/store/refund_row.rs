//! The row types of `order_refund` and `order_refund_goods`, and what the refunds of an order sum up to.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::ledger::{Entry, Line};
use crate::db::schema::{order_refund, order_refund_goods};
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::order;
use crate::domain::quantity::Quantity;
use crate::domain::returned::{Units, units_left};
use crate::domain::status::RefundState;
use crate::order::message::RefundView;

/// A row of `order_refund`: a requested refund and, if it was refused, the reason; or a refund that the platform has
/// made by itself.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = order_refund, treat_none_as_default_value = false)]
pub struct RefundRow {
    pub refund_id: RefundId,
    pub order_id: OrderId,
    pub user_id: UserId,
    pub idempotency_key: Option<String>,
    pub fingerprint: String,
    pub amount: Money,
    pub refusal: Option<String>,
    pub create_time: Timestamp,
    pub status: RefundState,
    pub revision: i32,
    pub done_time: Option<Timestamp>,
    pub foreign_no: Option<String>,
}

impl Entry for RefundRow {
    const LEDGER: &'static str = "order_refund";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.refund_id.get()).integer(self.order_id.get()).integer(self.user_id.get());
        line.optional_text(self.idempotency_key.as_deref()).text(&self.fingerprint).integer(self.amount.minor());
        line.optional_text(self.refusal.as_deref()).integer(self.create_time.0);
    }
}

/// A row of `order_refund_goods`: units that go back into stock when the refund is done.
#[derive(Debug, Clone, Copy, Queryable, Insertable)]
#[diesel(table_name = order_refund_goods, treat_none_as_default_value = false)]
pub struct ReturnedRow {
    pub refund_id: RefundId,
    pub goods_id: GoodsId,
    pub order_id: OrderId,
    pub goods_number: Quantity,
}

impl ReturnedRow {
    const fn units(&self) -> Units {
        Units { goods_id: self.goods_id, goods_number: self.goods_number }
    }
}

impl Entry for ReturnedRow {
    const LEDGER: &'static str = "order_refund_goods";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.refund_id.get()).integer(self.goods_id.get()).integer(self.order_id.get());
        line.integer(self.goods_number.get());
    }
}

/// The refunds of some orders.
#[derive(Debug, Clone, Default)]
pub struct Refunds {
    /// The refunds, oldest first, also refused requests.
    pub rows: Vec<RefundRow>,
    /// The units that go back into stock with them.
    pub returned: Vec<ReturnedRow>,
}

impl Refunds {
    /// The units that go back into stock with a refund.
    pub fn units_of(&self, refund_id: RefundId) -> Vec<Units> {
        self.returned.iter().filter(|row| row.refund_id == refund_id).map(ReturnedRow::units).collect()
    }

    /// The units of each line of an order that no refund returns. A dismissed refund returns none.
    pub fn units_left(&self, order_id: OrderId, lines: &[order::Line]) -> BTreeMap<GoodsId, i64> {
        let refunds = self.rows.iter().filter(|row| row.order_id == order_id && row.status != RefundState::Dismissed);
        units_left(lines, refunds.flat_map(|row| self.units_of(row.refund_id)))
    }

    /// The refunds of an order as its customer sees them. Refused requests, and refunds for which nothing goes through a
    /// platform, are left out.
    pub fn shown(&self, order_id: OrderId) -> Vec<RefundView> {
        let is_shown = |row: &&RefundRow| row.order_id == order_id && row.amount > Money::ZERO && row.refusal.is_none();
        self.rows.iter().filter(is_shown).map(|row| row.to_refund(self.units_of(row.refund_id))).collect()
    }
}

impl RefundRow {
    fn to_refund(&self, goods: Vec<Units>) -> RefundView {
        RefundView {
            refund_id: self.refund_id,
            amount: self.amount,
            status: self.status,
            by_platform: self.foreign_no.is_some(),
            create_time: self.create_time,
            done_time: self.done_time,
            goods,
        }
    }
}

/// Sums of the refunds of one order, by their status. Dismissed and refused refunds are in none of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefundSums {
    pub done: Money,
    pub pending: Money,
    pub parked: Money,
}

impl RefundSums {
    /// Sums the refunds of `order_id` among `rows`.
    ///
    /// # Errors
    /// A bug if a sum leaves the range of amounts.
    pub fn of(rows: &[RefundRow], order_id: OrderId) -> db::Result<Self> {
        let sum = |status: RefundState| {
            let having = rows.iter().filter(|row| row.order_id == order_id && row.status == status);
            Money::checked_sum(having.map(|row| row.amount))
                .ok_or_else(|| db::Error::bug("the refunds of an order leave the range"))
        };
        let (done, pending) = (sum(RefundState::Done)?, sum(RefundState::Pending)?);
        Ok(Self { done, pending, parked: sum(RefundState::Parked)? })
    }

    /// The amount of `paid` that is left to refund. A parked refund gives nothing back.
    pub fn left(&self, paid: Money) -> Money {
        let left = paid.checked_sub(self.done).and_then(|left| left.checked_sub(self.pending));
        left.unwrap_or_default().max(Money::ZERO)
    }

    /// Whether all of `paid` is back or has been asked back, also by a refund that waits for an operator.
    pub fn covers(&self, paid: Money) -> bool {
        let sum = Money::checked_sum([self.done, self.pending, self.parked]).unwrap_or(Money::LARGEST);
        paid > Money::ZERO && sum >= paid
    }
}

/// Reads the refunds of orders, oldest first, also refused requests.
pub fn of_orders(db: &mut Db, ids: &[OrderId]) -> db::Result<Refunds> {
    let rows: Vec<RefundRow> = db::load_by(ids, |ids| {
        let of_orders = order_refund::table.filter(any_of(order_refund::order_id, ids)).order(order_refund::refund_id);
        with_conn!(db, of_orders.load(db))
    })?;
    // Most orders have no refund, and no units without one.
    let mut refunded: Vec<OrderId> = rows.iter().map(|row| row.order_id).collect();
    refunded.dedup();
    let returned = db::load_by(&refunded, |ids| {
        let of_orders = order_refund_goods::table.filter(any_of(order_refund_goods::order_id, ids));
        let key = (order_refund_goods::refund_id, order_refund_goods::goods_id);
        with_conn!(db, of_orders.order(key).load(db))
    })?;
    Ok(Refunds { rows, returned })
}
