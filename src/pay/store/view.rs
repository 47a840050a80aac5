//! Converts rows of `pay` into payments as their customers see them.

use std::collections::HashMap;

use super::refund;
use super::row::PaymentRow;
use crate::db::{self, Db};
use crate::domain::id::PayId;
use crate::domain::status::IsPaid;
use crate::pay::message::Payment;

/// Converts rows into payments, by their ids. Reads their refunds, which decide whether a payment is refunded.
pub fn payments(db: &mut Db, rows: impl Iterator<Item = PaymentRow>) -> db::Result<HashMap<PayId, Payment>> {
    let rows: Vec<PaymentRow> = rows.collect();
    // Only paid payments can have refunds, so most lists need no query.
    let paid: Vec<PayId> = rows.iter().filter(|row| row.is_paid == IsPaid::Yes).map(|row| row.pay_id).collect();
    let refunded = refund::sums_done(db, &paid)?;
    let payment =
        |row: PaymentRow| (row.pay_id, row.to_payment(refunded.get(&row.pay_id).copied().unwrap_or_default()));
    Ok(rows.into_iter().map(payment).collect())
}
