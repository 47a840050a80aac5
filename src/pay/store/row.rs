//! The row type of `pay` and its conversion to a payment.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::ledger::{Entry, Line};
use crate::db::schema::pay;
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::{IsPaid, RefundState};
use crate::gateway::Checkout;
use crate::pay::message::{self, Payment};

/// A row of `pay`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = pay, treat_none_as_default_value = false)]
pub struct PaymentRow {
    pub pay_id: PayId,
    pub order_id: OrderId,
    pub user_id: UserId,
    pub pay_amount: Money,
    pub is_paid: IsPaid,
    pub provider: String,
    pub trade_no: Option<String>,
    pub checkout_kind: Option<String>,
    pub add_time: Timestamp,
    pub pay_time: Option<Timestamp>,
    pub close_time: Option<Timestamp>,
    pub checkout: Option<String>,
    pub expire_time: Option<Timestamp>,
    /// The amount that the platform received, if that is more than `pay_amount`.
    pub charged: Option<Money>,
    pub return_url: Option<String>,
    /// The latest of the order's starts that led to this payment; 0 in rows of earlier releases.
    pub start_no: i32,
}

impl Entry for PaymentRow {
    const LEDGER: &'static str = "pay";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.pay_id.get()).integer(self.order_id.get()).integer(self.user_id.get());
        line.integer(self.pay_amount.minor()).text(&self.provider).integer(self.add_time.0);
    }
}

impl PaymentRow {
    /// Whether the payment still waits for the customer.
    pub fn is_open(&self) -> bool {
        self.status() == message::Status::Unpaid
    }

    /// State of the payment, without regard to refunds: never `Refunded`.
    pub const fn status(&self) -> message::Status {
        match (self.is_paid, self.close_time) {
            (IsPaid::Yes, _) => message::Status::Paid,
            (IsPaid::No, Some(_)) => message::Status::Closed,
            (IsPaid::No, None) => message::Status::Unpaid,
        }
    }

    /// Converts the row into a payment with these refunds.
    ///
    /// # Errors
    /// A bug if the sum of the refunds leaves the range of amounts.
    pub fn to_payment(&self, mut refunds: Vec<message::Refund>) -> db::Result<Payment> {
        let stored = self.checkout_kind.as_deref().zip(self.checkout.as_deref());
        refunds.sort_by_key(|refund| refund.refund_id);
        let done = refunds.iter().filter(|refund| refund.status == RefundState::Done);
        let refunded_amount = Money::checked_sum(done.map(|refund| refund.amount))
            .ok_or_else(|| db::Error::bug("the refunds of a payment leave the range"))?;
        let is_refunded = self.is_paid == IsPaid::Yes && refunded_amount >= self.pay_amount;
        Ok(Payment {
            pay_id: self.pay_id,
            order_id: self.order_id,
            pay_amount: self.pay_amount,
            currency: CURRENCY,
            provider: self.provider.clone(),
            status: if is_refunded { message::Status::Refunded } else { self.status() },
            checkout: stored.and_then(|(kind, text)| Checkout::from_stored(kind, text)),
            add_time: self.add_time,
            pay_before: self.expire_time.filter(|_| self.is_open()),
            expire_time: self.expire_time,
            return_url: self.return_url.clone(),
            refunded_amount,
            refunds,
        })
    }
}

/// Locks payments by their ids until the transaction ends.
pub fn lock(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, PaymentRow>> {
    let rows: Vec<PaymentRow> = db::load_by(ids, |ids| {
        with_conn!(db, for_update(pay::table.filter(any_of(pay::pay_id, ids)).order(pay::pay_id)).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.pay_id, row)).collect())
}

/// Locks the payments of these orders. As in [`lock`], the order of locking is that of their ids; the sum keeps
/// PostgreSQL from reading all payments in that order by their key.
pub fn lock_of_orders(db: &mut Db, orders: &[OrderId]) -> db::Result<Vec<PaymentRow>> {
    db::load_by(orders, |ids| {
        let of_orders = pay::table.filter(any_of(pay::order_id, ids)).order(pay::pay_id + 0_i64);
        with_conn!(db, for_update(of_orders).load(db))
    })
}

/// Reads payments by their ids.
pub fn read(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, PaymentRow>> {
    let rows: Vec<PaymentRow> =
        db::load_by(ids, |ids| with_conn!(db, pay::table.filter(any_of(pay::pay_id, ids)).load(db)))?;
    Ok(rows.into_iter().map(|row| (row.pay_id, row)).collect())
}
