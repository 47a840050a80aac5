//! Compares what a platform says it has given back of a payment with the refunds of it.

use super::judge::{Effect, total};
use super::refund_batch::RefundBatch;
use super::refund_row::RefundRow;
use super::row::{self, PaymentRow};
use crate::actor::{Access, Priority, Task};
use crate::db::{self, Db};
use crate::domain::status::{IsPaid, RefundState};
use crate::gateway::GivenBack;
use crate::pay::Pay;
use crate::pay::message::{CompareGivenBack, Comparison};

/// Compares one payment after the other.
impl Task<Pay> for CompareGivenBack {
    type Outcome = Comparison;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Comparison>> {
        batch.iter().map(|task| compare(owner, task, db)).collect()
    }
}

fn compare(owner: &Pay, task: &CompareGivenBack, db: &mut Db) -> db::Result<Comparison> {
    let payments = row::lock(db, &[task.pay_id])?;
    // An unpaid payment may have a refund that gives back a parked charge. There is nothing to compare it with.
    let Some(payment) = payments.get(&task.pay_id).filter(|row| row.is_paid == IsPaid::Yes) else {
        return Ok(Comparison::Explained);
    };
    let mut refunds = RefundBatch::lock(owner, &payments, &[task.pay_id], db)?;
    let compared = judge(payment, &refunds, task);
    let is_unexplained = matches!(compared, Judged::Unknown | Judged::Apply(Effect::EndRefunds(_, Some(_))));
    if is_unexplained && task.refund_id.is_some() && !task.is_unknown_there {
        return Ok(Comparison::Unconfirmed);
    }
    let outcome = match compared {
        Judged::Explained => Comparison::Explained,
        Judged::Unclear => Comparison::Unclear,
        Judged::Apply(Effect::EndRefunds(done, foreign)) => {
            done.into_iter().for_each(|refund_id| refunds.finish(refund_id));
            let found = foreign.as_ref().map(|foreign| foreign.amount);
            foreign.into_iter().for_each(|foreign| refunds.book(owner, payment, foreign));
            match (found, task.refund_id) {
                (Some(found), Some(refund_id)) => {
                    let why = format!(
                        "the platform has given back {found} that was not known here, and that is booked now; send this \
                         again only if it is wanted besides"
                    );
                    refunds.park(refund_id, &why);
                    Comparison::Parked
                }
                _ => Comparison::Explained,
            }
        }
        Judged::Apply(_) => Comparison::Explained,
        Judged::Unknown => match task.refund_id {
            Some(refund_id) => {
                let why = "the platform has given back some of the payment that is not known here; look it up in its \
                           console, and send this again only if it is wanted besides";
                refunds.park(refund_id, why);
                Comparison::Parked
            }
            None => Comparison::Explained,
        },
    };
    refunds.write(owner, db)?;
    Ok(outcome)
}

/// The meaning of the platform's answer.
enum Judged {
    Explained,
    Unclear,
    Apply(Effect),
    /// Something was given back and no refund explains it.
    Unknown,
}

fn judge(payment: &PaymentRow, refunds: &RefundBatch, task: &CompareGivenBack) -> Judged {
    // The platform does not know the refund that is to be sent, so that explains nothing. Nor does one that an operator
    // sends again after the comparison.
    let others =
        || refunds.rows().iter().filter(|row| row.pay_id == task.pay_id && Some(row.refund_id) != task.refund_id);
    match task.given_back {
        GivenBack::NotReported => Judged::Explained,
        GivenBack::Sum(sum) => match total(payment, &others().collect::<Vec<_>>(), None, sum) {
            Ok(Effect::Nothing) => Judged::Explained,
            Ok(effect) => Judged::Apply(effect),
            Err(_) => Judged::Unclear,
        },
        GivenBack::Something => {
            let explains = |row: &RefundRow| row.status == RefundState::Done || row.attempts > 0;
            // What is sent again keeps its number, so the platform does not make it twice.
            if task.was_sent || others().any(explains) { Judged::Explained } else { Judged::Unknown }
        }
    }
}
