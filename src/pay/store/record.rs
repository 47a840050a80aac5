//! Records of payments and refunds, for the reconciliation with a platform's statement.

use diesel::prelude::*;

use super::row::PaymentRow;
use super::{refund_row, row};
use crate::actor::{Access, Task};
use crate::db::schema::{pay, pay_refund};
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::id::{PayId, RefundId};
use crate::domain::provider::Provider;
use crate::domain::status::IsPaid;
use crate::pay::Pay;
use crate::pay::message::{FindPaymentRecords, FindRefundedPayments, ListPaidRecords, PaymentRecord, RefundRecord};

/// Converts rows and their refunds into records.
fn records(db: &mut Db, rows: Vec<PaymentRow>) -> db::Result<Vec<PaymentRecord>> {
    let refunds = refund_row::of_payments(db, &rows.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let record = |row: PaymentRow| {
        let of_payment = refunds.iter().filter(|refund| refund.pay_id == row.pay_id);
        let of_payment = of_payment.map(|refund| RefundRecord {
            number: refund.foreign_no.clone().unwrap_or_else(|| refund.refund_id.to_string()),
            amount: refund.amount,
            is_done: refund.done_time.is_some(),
            // The platform may have made a refund of its own long before it was noticed.
            create_time: if refund.foreign_no.is_some() { row.add_time } else { refund.create_time },
            done_time: refund.done_time,
            unnamed: refund.unnamed,
        });
        PaymentRecord {
            pay_id: row.pay_id,
            provider: row.provider.as_str().into(),
            amount: row.pay_amount,
            add_time: row.add_time,
            pay_time: row.pay_time.filter(|_| row.is_paid == IsPaid::Yes),
            refunds: of_payment.collect(),
            trade_no: row.trade_no,
        }
    };
    Ok(rows.into_iter().map(record).collect())
}

fn is_among(row: &PaymentRow, providers: &[Provider]) -> bool {
    providers.iter().any(|provider| provider.as_str() == row.provider)
}

/// Finds the records of payments on a platform.
impl Task<Pay> for FindPaymentRecords {
    type Outcome = Vec<PaymentRecord>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<PaymentRecord>>> {
        let find = |task: &FindPaymentRecords| {
            let rows = row::read(db, &task.payments)?;
            records(db, rows.into_values().filter(|row| is_among(row, &task.providers)).collect())
        };
        batch.iter().map(find).collect()
    }
}

/// Finds the payments of refunds.
impl Task<Pay> for FindRefundedPayments {
    type Outcome = Vec<(RefundId, PayId)>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<(RefundId, PayId)>>> {
        let mut find = |task: &FindRefundedPayments| {
            db::load_by(&task.refunds, |ids| {
                let of_ids = pay_refund::table.filter(any_of(pay_refund::refund_id, ids));
                with_conn!(db, of_ids.select((pay_refund::refund_id, pay_refund::pay_id)).load(db))
            })
        };
        batch.iter().map(&mut find).collect()
    }
}

/// Reads pages of the payments that were paid or refunded on a platform in a period.
impl Task<Pay> for ListPaidRecords {
    type Outcome = Vec<PaymentRecord>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<PaymentRecord>>> {
        let page = |task: &ListPaidRecords| {
            let mut after = task.after.unwrap_or(PayId::new(0));
            loop {
                let ids = moved(db, task, after)?;
                let Some(last) = ids.last() else { return Ok(Vec::new()) };
                after = *last;
                let rows = row::read(db, &ids)?.into_values();
                let mut rows: Vec<PaymentRow> =
                    rows.filter(|row| row.is_paid == IsPaid::Yes && is_among(row, &task.providers)).collect();
                // A page of other platforms' payments is not the last page.
                if !rows.is_empty() {
                    rows.sort_unstable_by_key(|row| row.pay_id);
                    return records(db, rows);
                }
            }
        };
        batch.iter().map(page).collect()
    }
}

/// Reads the next payments, sorted by id, that were paid in the period or of which something was refunded in it. They may
/// be of any platform.
fn moved(db: &mut Db, task: &ListPaidRecords, after: PayId) -> db::Result<Vec<PayId>> {
    let paid = pay::table
        .filter(pay::pay_id.gt(after))
        .filter(pay::pay_time.ge(Some(task.from)).and(pay::pay_time.le(Some(task.until))))
        .order(pay::pay_id)
        .limit(task.limit)
        .select(pay::pay_id);
    let refunded = pay_refund::table
        .filter(pay_refund::pay_id.gt(after))
        .filter(pay_refund::done_time.ge(Some(task.from)).and(pay_refund::done_time.le(Some(task.until))))
        .order(pay_refund::pay_id)
        .limit(task.limit)
        .select(pay_refund::pay_id);
    let mut ids: Vec<PayId> = with_conn!(db, paid.load(db))?;
    ids.extend(with_conn!(db, refunded.load::<PayId>(db))?);
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(usize::try_from(task.limit).unwrap_or(usize::MAX));
    Ok(ids)
}
