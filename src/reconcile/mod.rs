//! Compares a platform's statement with Pay's books line by line and reports the differences and whether they can be
//! repaired. The comparison is pure; [`run`] loads the books and repairs them.

mod funds;
pub mod run;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use strum::VariantArray;

use crate::domain::clock::Timestamp;
use crate::domain::id::PayId;
use crate::domain::money::Money;
use crate::gateway::Entry;
use crate::pay::message::{PaymentRecord, RefundRecord};

/// The result of comparing one payment or refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The statement and the books agree.
    Matched,
    /// The platform has a payment or refund that the books do not have.
    MissingHere,
    /// The books have a payment or refund that the statement does not list.
    MissingThere,
    /// The amounts differ.
    Amount,
    /// Both have it, but their status differs.
    Status,
}

impl Kind {
    /// The name as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Amount => "amount",
            Self::Status => "status",
        }
    }
}

/// A difference between the statement and the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The kind of difference.
    pub kind: Kind,
    /// The number of the payment, as in the statement.
    pub out_trade_no: String,
    /// The number of the refund; `None` if the difference is about the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_no: Option<String>,
    /// The state in the books.
    pub ours: String,
    /// The state in the statement.
    pub theirs: String,
    /// Whether notifying Pay of the platform's record repairs the books.
    #[serde(skip)]
    pub is_repairable: bool,
}

/// The part of the refunds known only from the platform's sum that lines of a statement have named so far, by payment.
#[derive(Debug, Default)]
pub struct Named(HashMap<PayId, Money>);

impl Named {
    /// Whether the sum covers a refund of `amount` besides those before it.
    fn covers(&mut self, record: &PaymentRecord, amount: Money) -> bool {
        let named = self.0.entry(record.pay_id).or_default();
        let sum = named.checked_add(amount);
        let is_covered = amount > Money::ZERO && sum.is_some_and(|sum| sum <= unnamed(record));
        if is_covered {
            *named = sum.unwrap_or_default();
        }
        is_covered
    }
}

/// The part of the refunds of a payment that is known only from the platform's sum.
fn unnamed(record: &PaymentRecord) -> Money {
    Money::checked_sum(record.refunds.iter().map(|refund| refund.unnamed)).unwrap_or_default()
}

/// Compares one statement line with the record of its payment, if there is one. Returns `None` if they match.
pub fn compare(line: &Entry, record: Option<&PaymentRecord>, named: &mut Named) -> Option<Difference> {
    let differs = |kind, ours: String, is_repairable| {
        let theirs = format!("{} {}", if line.refund_no.is_some() { "refunded" } else { "paid" }, line.amount);
        let (out_trade_no, refund_no) = (line.out_trade_no.clone(), line.refund_no.clone());
        Some(Difference { kind, out_trade_no, refund_no, ours, theirs, is_repairable })
    };
    // Pay does not believe the notification of an unknown payment. It parks the charge for an operator.
    let Some(record) = record else { return differs(Kind::MissingHere, "unknown".to_owned(), true) };
    let Some(refund_no) = &line.refund_no else {
        return match &record.trade_no {
            _ if record.amount != line.amount => differs(Kind::Amount, record.amount.to_string(), false),
            Some(trade_no) if *trade_no == line.trade_no => None,
            Some(trade_no) => differs(Kind::Status, format!("paid by {trade_no}"), false),
            None => differs(Kind::MissingHere, "not paid".to_owned(), true),
        };
    };
    let refund = record.refunds.iter().find(|refund| refund.number == *refund_no);
    match refund {
        // It is part of a sum that is booked, for example that of a notification of Alipay.
        None if named.covers(record, line.amount) => None,
        // The platform has made it by itself, or the shop forgot it in a restore. It is booked like its notification.
        None => differs(Kind::MissingHere, "unknown refund".to_owned(), true),
        Some(refund) if refund.amount != line.amount => differs(Kind::Amount, refund.amount.to_string(), false),
        Some(refund) if refund.is_done => None,
        Some(_) => differs(Kind::Status, "not done".to_owned(), true),
    }
}

/// The payment and refund numbers in a statement.
#[derive(Debug, Default)]
pub struct StatementIndex {
    payments: HashSet<String>,
    /// Pairs of payment number and refund number.
    refunds: HashSet<(String, String)>,
    /// Sums of the refunds of each payment number.
    sums: HashMap<String, Money>,
}

impl StatementIndex {
    /// Indexes `lines`.
    #[must_use]
    pub fn of(lines: &[Entry]) -> Self {
        let mut index = Self::default();
        for line in lines {
            match &line.refund_no {
                None => index.payments.insert(line.out_trade_no.clone()),
                Some(refund_no) => {
                    let sum = index.sums.entry(line.out_trade_no.clone()).or_default();
                    *sum = sum.checked_add(line.amount).unwrap_or(Money::LARGEST);
                    index.refunds.insert((line.out_trade_no.clone(), refund_no.clone()))
                }
            };
        }
        index
    }

    /// The parts of a paid `record` that the statement does not list although they happened in its period: the payment,
    /// and refunds that are done. What was asked for before the period, or known to be done only after it, may be in the
    /// statement of another day.
    #[must_use]
    pub fn missing(&self, record: &PaymentRecord, from: Timestamp, until: Timestamp) -> Vec<Difference> {
        let is_within =
            |asked: Timestamp, done: Option<Timestamp>| asked >= from && done.is_some_and(|done| done <= until);
        let out_trade_no = record.pay_id.to_string();
        let missing = |refund_no: Option<String>, ours: String| Difference {
            kind: Kind::MissingThere,
            out_trade_no: record.pay_id.to_string(),
            refund_no,
            ours,
            theirs: "nothing".to_owned(),
            is_repairable: false,
        };
        let mut found = Vec::new();
        if is_within(record.add_time, record.pay_time) && !self.payments.contains(&out_trade_no) {
            found.push(missing(None, format!("paid {}", record.amount)));
        }
        let is_due = |refund: &&RefundRecord| refund.is_done && is_within(refund.create_time, refund.done_time);
        for refund in record.refunds.iter().filter(is_due) {
            let refund_no = refund.number.clone();
            let is_listed = self.refunds.contains(&(out_trade_no.clone(), refund_no.clone()));
            let is_covered = |sum: &Money| refund.unnamed > Money::ZERO && *sum >= refund.unnamed;
            let is_in_sum = self.sums.get(&out_trade_no).is_some_and(is_covered);
            if !is_listed && !is_in_sum {
                found.push(missing(Some(refund_no), format!("refunded {}", refund.amount)));
            }
        }
        found
    }
}

/// The first line that is in the statement twice, which no platform's is: the file is not as it was made.
#[must_use]
pub fn first_repeated(lines: &[Entry]) -> Option<&Entry> {
    let mut seen = HashSet::new();
    lines.iter().find(|line| !seen.insert((&line.out_trade_no, &line.trade_no, &line.refund_no)))
}

/// The result of a reconciliation.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Number of comparisons per kind.
    pub counts: BTreeMap<Kind, u64>,
    /// The differences that were not repaired.
    pub differences: Vec<Difference>,
    /// Number of repaired differences.
    pub repaired: u64,
    /// The sums of a fund statement; `None` for a statement of payments and refunds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funds: Option<Funds>,
}

/// The sums of a fund statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Funds {
    /// Payments, before fees.
    pub charged: Money,
    /// Refunds, before fees.
    pub refunded: Money,
    /// Fees that were charged, less those that were returned.
    pub fees: Money,
    /// Everything else, such as withdrawals: income less expenses.
    pub other: Money,
    /// The change of the account's balance.
    pub change: Money,
}

impl Report {
    /// Counts one comparison.
    pub fn count(&mut self, kind: Kind) {
        *self.counts.entry(kind).or_default() += 1;
    }
}

/// The payment id in a statement line; `None` if its payment number is not an id of this shop.
#[must_use]
pub fn parse_pay_id(line: &Entry) -> Option<PayId> {
    line.out_trade_no.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> PaymentRecord {
        let refund = |id: &str, amount, is_done| RefundRecord {
            number: id.to_owned(),
            amount: Money::from_minor(amount),
            is_done,
            create_time: Timestamp(300),
            done_time: is_done.then_some(Timestamp(400)),
            unnamed: Money::ZERO,
        };
        PaymentRecord {
            pay_id: PayId::new(7),
            provider: "sandbox".into(),
            amount: Money::from_minor(500),
            add_time: Timestamp(100),
            pay_time: Some(Timestamp(200)),
            trade_no: Some("sb7".to_owned()),
            refunds: vec![refund("1", 100, true), refund("2", 50, false)],
        }
    }

    fn line(trade_no: &str, refund_no: Option<&str>, amount: i64) -> Entry {
        Entry {
            out_trade_no: "7".to_owned(),
            trade_no: trade_no.to_owned(),
            refund_no: refund_no.map(str::to_owned),
            amount: Money::from_minor(amount),
            time: Timestamp(0),
        }
    }

    #[test]
    fn each_difference_is_reported_with_its_kind() {
        let unpaid = PaymentRecord { trade_no: None, ..record() };
        for (line, record, expected) in [
            (line("sb7", None, 500), Some(record()), None),
            (line("sb7", None, 500), None, Some((Kind::MissingHere, true))),
            (line("sb7", None, 500), Some(unpaid.clone()), Some((Kind::MissingHere, true))),
            (line("sb7", None, 501), Some(record()), Some((Kind::Amount, false))),
            (line("sb7", None, 501), Some(unpaid), Some((Kind::Amount, false))),
            (line("sb8", None, 500), Some(record()), Some((Kind::Status, false))),
            (line("sb7", Some("1"), 100), Some(record()), None),
            (line("sb7", Some("1"), 99), Some(record()), Some((Kind::Amount, false))),
            (line("sb7", Some("2"), 50), Some(record()), Some((Kind::Status, true))),
            (line("sb7", Some("3"), 50), Some(record()), Some((Kind::MissingHere, true))),
        ] {
            let found =
                compare(&line, record.as_ref(), &mut Named::default()).map(|found| (found.kind, found.is_repairable));
            assert_eq!(found, expected, "{line:?}");
        }
    }

    #[test]
    fn refunds_of_a_booked_sum_are_matched_up_to_it() {
        let unnamed = RefundRecord {
            unnamed: Money::from_minor(100),
            number: "in-sum".to_owned(),
            ..record().refunds[0].clone()
        };
        let record = PaymentRecord { refunds: vec![unnamed], ..record() };
        let mut named = Named::default();
        let lines = [line("sb7", Some("a"), 60), line("sb7", Some("b"), 40), line("sb7", Some("c"), 1)];
        let found = lines.each_ref().map(|line| compare(line, Some(&record), &mut named).map(|found| found.kind));
        assert_eq!(found, [None, None, Some(Kind::MissingHere)]);
        let missing =
            |lines: &[Entry]| StatementIndex::of(lines).missing(&record, Timestamp(201), Timestamp(999)).len();
        assert_eq!((missing(&lines[..2]), missing(&lines[..1])), (0, 1));
    }

    #[test]
    fn paid_payments_and_done_refunds_that_the_statement_lacks_are_missing_there() {
        let all = [line("sb7", None, 500), line("sb7", Some("1"), 100)];
        assert_eq!(StatementIndex::of(&all).missing(&record(), Timestamp(0), Timestamp(999)), []);
        let missing_within = |lines: &[Entry], from, until| -> Vec<Option<String>> {
            let missing = StatementIndex::of(lines).missing(&record(), Timestamp(from), Timestamp(until));
            missing.into_iter().map(|missing| missing.refund_no).collect()
        };
        let missing_numbers = |lines: &[Entry]| missing_within(lines, 0, 999);
        assert_eq!(missing_numbers(&all[..1]), [Some("1".to_owned())], "a pending refund is not expected");
        assert_eq!(missing_numbers(&[]), [None, Some("1".to_owned())]);
        // What may have happened on another day is not expected on this one.
        assert_eq!(missing_within(&[], 100, 200), [None]);
        assert_eq!(missing_within(&[], 300, 400), [Some("1".to_owned())]);
        for (from, until) in [(101, 299), (0, 199), (301, 999)] {
            assert_eq!(missing_within(&[], from, until), [], "{from} to {until}");
        }
    }
}
