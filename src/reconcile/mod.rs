//! Compares a platform's statement with Pay's books line by line and reports the differences and whether they can be
//! repaired. The code is pure; callers load both sides.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use strum::VariantArray;

use crate::domain::id::PayId;
use crate::gateway::Entry;
use crate::pay::message::PaymentRecord;

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

/// Compares one statement line with the record of its payment, if there is one. Returns `None` if they match.
#[must_use]
pub fn compare(line: &Entry, record: Option<&PaymentRecord>) -> Option<Difference> {
    let differs = |kind, ours: String, is_repairable| {
        let theirs = format!("{} {}", if line.refund_no.is_some() { "refunded" } else { "paid" }, line.amount);
        let (out_trade_no, refund_no) = (line.out_trade_no.clone(), line.refund_no.clone());
        Some(Difference { kind, out_trade_no, refund_no, ours, theirs, is_repairable })
    };
    let Some(record) = record else { return differs(Kind::MissingHere, "unknown".to_owned(), false) };
    let Some(refund_no) = &line.refund_no else {
        return match &record.trade_no {
            _ if record.amount != line.amount => differs(Kind::Amount, record.amount.to_string(), false),
            Some(trade_no) if *trade_no == line.trade_no => None,
            Some(trade_no) => differs(Kind::Status, format!("paid by {trade_no}"), false),
            None => differs(Kind::MissingHere, "not paid".to_owned(), true),
        };
    };
    let refund = record.refunds.iter().find(|refund| refund.refund_id.to_string() == *refund_no);
    match refund {
        None => differs(Kind::MissingHere, "unknown refund".to_owned(), false),
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
}

impl StatementIndex {
    /// Indexes `lines`.
    #[must_use]
    pub fn of(lines: &[Entry]) -> Self {
        let mut index = Self::default();
        for line in lines {
            match &line.refund_no {
                None => index.payments.insert(line.out_trade_no.clone()),
                Some(refund_no) => index.refunds.insert((line.out_trade_no.clone(), refund_no.clone())),
            };
        }
        index
    }

    /// The parts of a paid `record` that the statement does not list: the payment, and refunds that are done.
    #[must_use]
    pub fn missing(&self, record: &PaymentRecord) -> Vec<Difference> {
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
        if !self.payments.contains(&out_trade_no) {
            found.push(missing(None, format!("paid {}", record.amount)));
        }
        for refund in record.refunds.iter().filter(|refund| refund.is_done) {
            let refund_no = refund.refund_id.to_string();
            if !self.refunds.contains(&(out_trade_no.clone(), refund_no.clone())) {
                found.push(missing(Some(refund_no), format!("refunded {}", refund.amount)));
            }
        }
        found
    }
}

/// The result of a reconciliation.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Number of comparisons per kind.
    pub counts: HashMap<Kind, u64>,
    /// The differences that were not repaired.
    pub differences: Vec<Difference>,
    /// Number of repaired differences.
    pub repaired: u64,
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
    use crate::domain::clock::Timestamp;
    use crate::domain::id::RefundId;
    use crate::domain::money::Money;
    use crate::pay::message::RefundRecord;

    fn record() -> PaymentRecord {
        let refund = |id, amount, is_done| RefundRecord {
            refund_id: RefundId::new(id),
            amount: Money::from_minor(amount),
            is_done,
        };
        PaymentRecord {
            pay_id: PayId::new(7),
            amount: Money::from_minor(500),
            trade_no: Some("sb7".to_owned()),
            refunds: vec![refund(1, 100, true), refund(2, 50, false)],
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
            (line("sb7", None, 500), None, Some((Kind::MissingHere, false))),
            (line("sb7", None, 500), Some(unpaid.clone()), Some((Kind::MissingHere, true))),
            (line("sb7", None, 501), Some(record()), Some((Kind::Amount, false))),
            (line("sb7", None, 501), Some(unpaid), Some((Kind::Amount, false))),
            (line("sb8", None, 500), Some(record()), Some((Kind::Status, false))),
            (line("sb7", Some("1"), 100), Some(record()), None),
            (line("sb7", Some("1"), 99), Some(record()), Some((Kind::Amount, false))),
            (line("sb7", Some("2"), 50), Some(record()), Some((Kind::Status, true))),
            (line("sb7", Some("3"), 50), Some(record()), Some((Kind::MissingHere, false))),
        ] {
            let found = compare(&line, record.as_ref()).map(|found| (found.kind, found.is_repairable));
            assert_eq!(found, expected, "{line:?}");
        }
    }

    #[test]
    fn paid_payments_and_done_refunds_that_the_statement_lacks_are_missing_there() {
        let all = [line("sb7", None, 500), line("sb7", Some("1"), 100)];
        assert_eq!(StatementIndex::of(&all).missing(&record()), []);
        let missing_numbers = |lines: &[Entry]| -> Vec<Option<String>> {
            StatementIndex::of(lines).missing(&record()).into_iter().map(|missing| missing.refund_no).collect()
        };
        assert_eq!(missing_numbers(&all[..1]), [Some("1".to_owned())], "a pending refund is not expected");
        assert_eq!(missing_numbers(&[]), [None, Some("1".to_owned())]);
    }
}
