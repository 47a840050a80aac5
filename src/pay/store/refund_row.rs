//! The row type of `pay_refund`, and what is read of it.

use diesel::prelude::*;

use crate::db::ledger::{Entry, Line};
use crate::db::schema::pay_refund;
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, OrderId, PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::status::RefundState;

/// A row of `pay_refund`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = pay_refund, treat_none_as_default_value = false)]
pub struct RefundRow {
    pub refund_id: RefundId,
    pub pay_id: PayId,
    pub order_id: OrderId,
    pub amount: Money,
    pub reason: String,
    pub status: RefundState,
    pub attempts: i32,
    pub due_time: Timestamp,
    pub create_time: Timestamp,
    pub done_time: Option<Timestamp>,
    pub remark: Option<String>,
    pub provider: String,
    /// The platform's own number, if the platform has made the refund by itself.
    pub foreign_no: Option<String>,
    /// The part that was found in the platform's sum and that no notice has named yet.
    pub unnamed: Money,
    /// Number of changes of the status.
    pub revision: i32,
    /// Time at which a parked refund was dismissed.
    pub dismiss_time: Option<Timestamp>,
    /// The parked charge that the refund gives back. It is no part of what was paid for the payment.
    pub parked_id: Option<EntryId>,
    /// Words for the customer and the platform; `None` in rows of earlier releases.
    pub message: Option<String>,
}

/// The reason of a refund in a customer's view if there are no words for the customer.
pub const NEUTRAL: &str = "refund";

impl Entry for RefundRow {
    const LEDGER: &'static str = "pay_refund";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.refund_id.get()).integer(self.pay_id.get()).integer(self.order_id.get());
        line.integer(self.amount.minor()).text(&self.reason).integer(self.create_time.0);
    }
}

impl RefundRow {
    /// The status, in which a dismissed refund is no longer parked.
    pub const fn state(&self) -> RefundState {
        match (self.status, self.dismiss_time) {
            (RefundState::Parked, Some(_)) => RefundState::Dismissed,
            (status, _) => status,
        }
    }

    /// The reason in the customer's view. That of an operator is not for customers.
    pub fn public_reason(&self) -> &str {
        self.message.as_deref().unwrap_or(NEUTRAL)
    }

    /// Whether the refund was refused, by its platform or because it exceeds the payment, and waits for an operator.
    pub fn is_parked(&self) -> bool {
        self.state() == RefundState::Parked
    }

    /// Whether the refund is made of what was paid for the payment, or may still be.
    pub fn counts(&self) -> bool {
        self.parked_id.is_none() && matches!(self.state(), RefundState::Pending | RefundState::Done)
    }
}

/// Reads the refunds of payments.
pub fn of_payments(db: &mut Db, ids: &[PayId]) -> db::Result<Vec<RefundRow>> {
    db::load_by(ids, |ids| with_conn!(db, pay_refund::table.filter(any_of(pay_refund::pay_id, ids)).load(db)))
}

/// Reads the refunds of a payment that are pending or parked.
pub fn not_done(db: &mut Db, pay_id: PayId) -> db::Result<Vec<RefundRow>> {
    let is_open = |row: &RefundRow| matches!(row.state(), RefundState::Pending | RefundState::Parked);
    Ok(of_payments(db, &[pay_id])?.into_iter().filter(is_open).collect())
}

/// Counts the pending and the parked refunds, in this order.
pub fn count(db: &mut Db) -> db::Result<(i64, i64)> {
    let of = |status: RefundState| {
        pay_refund::table.filter(pay_refund::status.eq(status).and(pay_refund::dismiss_time.is_null())).count()
    };
    let pending = with_conn!(db, of(RefundState::Pending).get_result(db))?;
    Ok((pending, with_conn!(db, of(RefundState::Parked).get_result(db))?))
}

/// Reads one page of the refunds that wait for an operator, newest first.
pub fn parked_page(db: &mut Db, before: RefundId, limit: i64) -> db::Result<Vec<RefundRow>> {
    let is_parked = pay_refund::status.eq(RefundState::Parked).and(pay_refund::dismiss_time.is_null());
    let page = pay_refund::table
        .filter(is_parked.and(pay_refund::refund_id.lt(before)))
        .order(pay_refund::refund_id.desc())
        .limit(limit);
    Ok(with_conn!(db, page.load(db))?)
}
