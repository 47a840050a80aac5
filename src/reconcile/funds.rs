//! Makes lines of a fund statement comparable: each gets the numbers of its payment and refund as far as the books know
//! them, because the platforms name only one of the two.

use std::collections::HashMap;

use super::Funds;
use crate::domain::clock::Timestamp;
use crate::domain::id::PayId;
use crate::domain::money::Money;
use crate::gateway::Entry;
use crate::gateway::statement::funds::{Cause, FundStatement, Movement};
use crate::pay::message::{PaymentRecord, RefundRecord};

/// In place of the number of a refund that the books do not have.
const UNKNOWN: &str = "unknown";

/// The books beside a fund statement.
pub struct Known {
    /// The records of the payments that the statement names, and of those of its refunds.
    pub records: HashMap<PayId, PaymentRecord>,
    /// The payments of refunds, by the number of the refund.
    pub payments: HashMap<String, PayId>,
}

/// The lines of a fund statement as entries, in the same order. A refund without a number gets that of a refund of its
/// payment with the same amount; what is left over, that of a refund in the statement's period with another amount.
pub fn entries(statement: &FundStatement, known: &Known) -> Vec<Entry> {
    let mut entries: Vec<Entry> = statement.movements.iter().map(|movement| entry(movement, known)).collect();
    let mut unnamed: HashMap<PayId, Vec<usize>> = HashMap::new();
    for (at, movement) in statement.movements.iter().enumerate() {
        if let (Cause::Refund(None), Some(pay_id)) = (&movement.cause, pay_id(movement)) {
            unnamed.entry(pay_id).or_default().push(at);
        }
    }
    for (pay_id, lines) in unnamed {
        let Some(record) = known.records.get(&pay_id) else { continue };
        let mut left: Vec<&RefundRecord> = record.refunds.iter().collect();
        // What is done comes first.
        left.sort_by_key(|refund| !refund.is_done);
        name(&mut entries, &lines, &mut left, |entry, refund| entry.amount == refund.amount);
        let is_within = |done: Option<Timestamp>| done.is_some_and(|at| at >= statement.from && at <= statement.until);
        name(&mut entries, &lines, &mut left, |_, refund| is_within(refund.done_time));
    }
    entries
}

/// Gives each of `lines` that has no number yet that of the first refund that fits, and takes it out of `left`.
fn name(
    entries: &mut [Entry],
    lines: &[usize],
    left: &mut Vec<&RefundRecord>,
    fits: impl Fn(&Entry, &RefundRecord) -> bool,
) {
    for at in lines {
        let Some(entry) = entries.get_mut(*at).filter(|entry| entry.refund_no.as_deref() == Some(UNKNOWN)) else {
            continue;
        };
        if let Some(found) = left.iter().position(|refund| fits(entry, refund)) {
            entry.refund_no = Some(left.remove(found).number.clone());
        }
    }
}

/// The payment that a line names.
pub fn pay_id(movement: &Movement) -> Option<PayId> {
    movement.out_trade_no.as_ref()?.parse().ok()
}

fn entry(movement: &Movement, known: &Known) -> Entry {
    let Movement { cause, out_trade_no, trade_no, amount, time } = movement.clone();
    let refund_no = match cause {
        Cause::Charge => None,
        Cause::Refund(number) => Some(number.unwrap_or_else(|| UNKNOWN.to_owned())),
    };
    let of_refund = || known.payments.get(refund_no.as_ref()?).map(PayId::to_string);
    let out_trade_no = out_trade_no.or_else(of_refund).unwrap_or_else(|| UNKNOWN.to_owned());
    Entry { out_trade_no, trade_no, refund_no, amount, time }
}

/// The sums of a fund statement; `None` if they leave the range of amounts.
pub fn sums(statement: &FundStatement) -> Option<Funds> {
    let of = |charges: bool| {
        let having = statement.movements.iter().filter(|movement| (movement.cause == Cause::Charge) == charges);
        Money::checked_sum(having.map(|movement| movement.amount))
    };
    let (charged, refunded, fees, other) = (of(true)?, of(false)?, statement.fees, statement.other);
    let change = charged.checked_sub(refunded)?.checked_sub(fees)?.checked_add(other)?;
    Some(Funds { charged, refunded, fees, other, change })
}
