//! Converts rows of `pay` into payments as their customers see them.

use std::collections::HashMap;

use super::refund_row::{self, RefundRow};
use super::row::PaymentRow;
use crate::db::{self, Db};
use crate::domain::id::PayId;
use crate::pay::message::{Payment, Refund};

/// Converts rows into payments, by their ids, with their refunds.
pub fn payments(db: &mut Db, rows: impl Iterator<Item = PaymentRow>) -> db::Result<HashMap<PayId, Payment>> {
    let rows: Vec<PaymentRow> = rows.collect();
    // An open payment has no refunds, so most lists need no query.
    let ended: Vec<PayId> = rows.iter().filter(|row| !row.is_open()).map(|row| row.pay_id).collect();
    let mut refunds: HashMap<PayId, Vec<Refund>> = HashMap::new();
    for row in refund_row::of_payments(db, &ended)?.into_iter().filter(|row| row.parked_id.is_none()) {
        refunds.entry(row.pay_id).or_default().push(refund(&row));
    }
    rows.into_iter()
        .map(|row| Ok((row.pay_id, row.to_payment(refunds.remove(&row.pay_id).unwrap_or_default())?)))
        .collect()
}

fn refund(row: &RefundRow) -> Refund {
    Refund {
        refund_id: row.refund_id,
        amount: row.amount,
        status: row.state(),
        by_platform: row.foreign_no.is_some(),
        reason: row.public_reason().to_owned(),
        operator_reason: row.reason.clone(),
        create_time: row.create_time,
        done_time: row.done_time,
    }
}
