//! Payments as their customers see them.

use std::collections::HashMap;

use super::refund;
use super::row::Row;
use crate::db::{self, Db};
use crate::domain::id::PayId;
use crate::domain::status::IsPaid;
use crate::pay::message::Payment;

/// Rows as their customers see them, by their ids.
pub fn payments(db: &mut Db, rows: impl Iterator<Item = Row>) -> db::Result<HashMap<PayId, Payment>> {
    let rows: Vec<Row> = rows.collect();
    // Only what was paid can have gone back: most lists have nothing to be looked up.
    let paid: Vec<PayId> = rows.iter().filter(|row| row.is_paid == IsPaid::Yes).map(|row| row.pay_id).collect();
    let refunded = refund::sums_done(db, &paid)?;
    let payment = |row: Row| (row.pay_id, row.to_payment(refunded.get(&row.pay_id).copied().unwrap_or_default()));
    Ok(rows.into_iter().map(payment).collect())
}
