//! Parks the refunds whose platform is not configured any more, so that an operator decides how the money goes back.

use diesel::prelude::*;

use super::refund_batch::RefundBatch;
use super::refund_row::RefundRow;
use super::row;
use crate::actor::{Access, Priority, Task};
use crate::db::schema::pay_refund;
use crate::db::{self, Db, with_conn};
use crate::domain::id::PayId;
use crate::domain::status::RefundState;
use crate::pay::Pay;
use crate::pay::message::ParkRemoved;

/// Number of refunds that are parked at once.
const PAGE_SIZE: i64 = 500;

impl Task<Pay> for ParkRemoved {
    type Outcome = usize;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<usize>> {
        batch.iter().map(|task| park(owner, task, db)).collect()
    }
}

fn park(owner: &Pay, task: &ParkRemoved, db: &mut Db) -> db::Result<usize> {
    let configured: Vec<&str> = task.configured.iter().map(|provider| provider.as_str()).collect();
    let is_removed = pay_refund::status.eq(RefundState::Pending).and(pay_refund::provider.ne_all(configured.clone()));
    let removed = pay_refund::table.filter(is_removed).order(pay_refund::refund_id).limit(PAGE_SIZE);
    let mut pay_ids: Vec<PayId> = with_conn!(db, removed.select(pay_refund::pay_id).load(db))?;
    if pay_ids.is_empty() {
        return Ok(0);
    }
    pay_ids.sort_unstable();
    pay_ids.dedup();
    // The payments are locked before their refunds, and the refunds are judged again then.
    let payments = row::lock(db, &pay_ids)?;
    let mut refunds = RefundBatch::lock(owner, &payments, &pay_ids, db)?;
    let is_meant =
        |row: &&RefundRow| row.status == RefundState::Pending && !configured.contains(&row.provider.as_str());
    let meant: Vec<RefundRow> = refunds.rows().iter().filter(is_meant).cloned().collect();
    for refund in &meant {
        refunds.park(refund.refund_id, &reason(refund));
    }
    refunds.write(owner, db)?;
    Ok(meant.len())
}

/// The reason, which says whether the platform may have made the refund.
fn reason(refund: &RefundRow) -> String {
    let was_sent = if refund.attempts > 0 {
        "it may have been made there: look it up before it is made by other means"
    } else {
        "it was not sent"
    };
    format!("its platform {} is not in the settings any more, and {was_sent}", refund.provider)
}
