//! Statements: what a platform says it has charged and refunded in a period. Each platform has a reader of its own for
//! its format; what people and spreadsheets do to such a file is undone here for all of them.

pub mod day;
pub mod funds;
pub mod table;
pub mod text;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::provider::Provider;
use funds::FundReader;

/// One line of a platform's statement: a charge or a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Our id of the payment, as reported by the platform.
    pub out_trade_no: String,
    /// The platform's id of the payment.
    pub trade_no: String,
    /// Our id of the refund; `None` if the line is a charge.
    pub refund_no: Option<String>,
    /// The amount charged or refunded. It is never negative.
    pub amount: Money,
    /// Time of the charge or refund.
    pub time: Timestamp,
}

/// A statement: its lines, and the period that it covers completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The lines, in the order of the file.
    pub entries: Vec<Entry>,
    /// Start of the period, inclusive.
    pub from: Timestamp,
    /// End of the period, inclusive.
    pub until: Timestamp,
}

/// Parses the bytes of a platform's statement. The error names the line and what is wrong with it.
pub type Reader = fn(&[u8]) -> Result<Statement, String>;

/// The statements of one account at a platform.
#[derive(Debug, Clone)]
pub struct Source {
    /// The products that the statements cover, by their names at this shop.
    pub providers: Vec<Provider>,
    /// Parses a statement of payments and refunds.
    pub read: Reader,
    /// Parses a fund statement; `None` if the platform has none.
    pub read_funds: Option<FundReader>,
}

/// A kind of statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bill {
    /// Payments and refunds.
    #[default]
    Trade,
    /// The movements of the merchant's account, with fees.
    Funds,
}

impl FromStr for Bill {
    type Err = Invalid;

    /// Parses `trade` or `funds`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "trade" => Ok(Self::Trade),
            "funds" => Ok(Self::Funds),
            _ => Err(Invalid("must be trade or funds")),
        }
    }
}

/// Adds up the lines: the number and the sum of the charges, and those of the refunds.
#[must_use]
pub fn totals(entries: &[Entry]) -> [(usize, Option<Money>); 2] {
    [false, true].map(|refunds| {
        let of_kind = || entries.iter().filter(|entry| entry.refund_no.is_some() == refunds);
        (of_kind().count(), Money::checked_sum(of_kind().map(|entry| entry.amount)))
    })
}
