//! Records of payments and refunds, for the reconciliation with a platform's statement.

use diesel::prelude::*;

use super::row::PaymentRow;
use super::{refund, row};
use crate::actor::{Access, Task};
use crate::db::schema::pay;
use crate::db::{self, Db, with_conn};
use crate::domain::id::PayId;
use crate::domain::status::IsPaid;
use crate::pay::Pay;
use crate::pay::message::{FindPaymentRecords, ListPaidRecords, PaymentRecord, RefundRecord};

/// Converts rows and their refunds into records.
fn records(db: &mut Db, rows: Vec<PaymentRow>) -> db::Result<Vec<PaymentRecord>> {
    let refunds = refund::of_payments(db, &rows.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let record = |row: PaymentRow| {
        let of_payment = refunds.iter().filter(|refund| refund.pay_id == row.pay_id);
        let of_payment = of_payment.map(|refund| RefundRecord {
            refund_id: refund.refund_id,
            amount: refund.amount,
            is_done: refund.done_time.is_some(),
        });
        PaymentRecord {
            pay_id: row.pay_id,
            amount: row.pay_amount,
            refunds: of_payment.collect(),
            trade_no: row.trade_no,
        }
    };
    Ok(rows.into_iter().map(record).collect())
}

/// Finds the records of payments on a platform.
impl Task<Pay> for FindPaymentRecords {
    type Outcome = Vec<PaymentRecord>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<PaymentRecord>>> {
        let find = |task: &FindPaymentRecords| {
            let rows = row::read(db, &task.payments)?;
            records(db, rows.into_values().filter(|row| row.provider == task.provider.as_str()).collect())
        };
        batch.iter().map(find).collect()
    }
}

/// Reads pages of the payments that were paid on a platform in a period.
impl Task<Pay> for ListPaidRecords {
    type Outcome = Vec<PaymentRecord>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<PaymentRecord>>> {
        let page = |task: &ListPaidRecords| {
            let paid = pay::table
                .filter(pay::pay_id.gt(task.after.unwrap_or(PayId::new(0))))
                .filter(pay::is_paid.eq(IsPaid::Yes).and(pay::provider.eq(task.provider.as_str())))
                .filter(pay::pay_time.ge(Some(task.from)).and(pay::pay_time.le(Some(task.until))))
                .order(pay::pay_id)
                .limit(task.limit);
            let rows: Vec<PaymentRow> = with_conn!(db, paid.load(db))?;
            records(db, rows)
        };
        batch.iter().map(page).collect()
    }
}
