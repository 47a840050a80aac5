//! The lists of refunds for operators.

use diesel::prelude::*;

use super::refund_row::RefundRow;
use crate::actor::{Access, Task};
use crate::db::schema::pay_refund;
use crate::db::{self, Db, with_conn};
use crate::domain::id::{OrderId, RefundId};
use crate::domain::status::RefundState;
use crate::pay::Pay;
use crate::pay::message::{FindRefund, ListRefunds, RefundDetails};

/// Reads pages of refunds, newest first.
impl Task<Pay> for ListRefunds {
    type Outcome = Vec<RefundDetails>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<RefundDetails>>> {
        let page = |task: &Self| {
            let before = task.before.unwrap_or(RefundId::new(i64::MAX));
            let older = pay_refund::table
                .filter(pay_refund::refund_id.lt(before))
                .order(pay_refund::refund_id.desc())
                .limit(task.limit);
            let rows: Vec<RefundRow> = match task.status {
                None => with_conn!(db, older.load(db)),
                Some(RefundState::Dismissed) => {
                    let dismissed =
                        pay_refund::status.eq(RefundState::Parked).and(pay_refund::dismiss_time.is_not_null());
                    with_conn!(db, older.filter(dismissed).load(db))
                }
                Some(status) => {
                    let undismissed = pay_refund::status.eq(status).and(pay_refund::dismiss_time.is_null());
                    with_conn!(db, older.filter(undismissed).load(db))
                }
            }?;
            Ok(rows.into_iter().map(details).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Finds refunds by their ids.
impl Task<Pay> for FindRefund {
    type Outcome = Option<RefundDetails>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<RefundDetails>>> {
        let find = |task: &Self| {
            let row: Option<RefundRow> =
                with_conn!(db, pay_refund::table.find(task.refund_id).get_result(db)).optional()?;
            Ok(row.map(details))
        };
        batch.iter().map(find).collect()
    }
}

fn details(row: RefundRow) -> RefundDetails {
    RefundDetails {
        refund_id: row.refund_id,
        order_id: Some(row.order_id).filter(|id| *id != OrderId::new(0)),
        pay_id: row.pay_id,
        status: row.state(),
        provider: row.provider,
        amount: row.amount,
        by_platform: row.foreign_no.is_some(),
        reason: row.reason,
        message: row.message,
        attempts: row.attempts,
        remark: row.remark,
        create_time: row.create_time,
        done_time: row.done_time,
    }
}
