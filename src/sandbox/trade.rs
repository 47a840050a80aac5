//! A trade of the platform.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Integer;
use serde::Serialize;

use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::stored_as_integer;

/// The state of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for the customer.
    Open,
    /// The customer was charged.
    Paid,
    /// The customer said no.
    Declined,
    /// The shop or the platform gave it up.
    Closed,
}

stored_as_integer! {
    Status { Open = 0, Paid = 1, Declined = 2, Closed = 3 }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Closed => "closed",
        })
    }
}

/// A trade with every attempt to tell the shop of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// The shop's number of it.
    pub out_trade_no: String,
    /// The platform's.
    pub trade_no: String,
    /// Its state.
    pub status: Status,
    /// What is to be paid.
    pub amount: Money,
    /// What the customer was charged.
    pub charged: Money,
    /// What the customer got back.
    pub refunded: Money,
    /// Under which name the shop knows the platform.
    #[serde(skip)]
    pub provider: String,
    /// When the customer was charged.
    #[serde(skip)]
    pub pay_time: Option<Timestamp>,
    /// What was sent to the shop, oldest first.
    pub deliveries: Vec<Attempt>,
}

/// One attempt to deliver a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// When it was sent.
    pub at: Timestamp,
    /// What of.
    pub event_id: String,
    /// What the shop answered; 0 where it did not.
    pub status_code: i32,
}
