//! A trade of the platform and the attempts to deliver its callbacks.

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
    /// The trade waits for the customer.
    Open,
    /// The customer was charged.
    Paid,
    /// The customer declined.
    Declined,
    /// The shop closed the trade.
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

/// A trade with its delivery attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The platform's id of the trade.
    pub trade_no: String,
    /// The state of the trade.
    pub status: Status,
    /// The amount due.
    pub amount: Money,
    /// The amount charged.
    pub charged: Money,
    /// The total of the refunds.
    pub refunded: Money,
    /// The platform's name at the shop.
    #[serde(skip)]
    pub provider: String,
    /// The page to which the customer goes afterwards.
    #[serde(skip)]
    pub return_url: Option<String>,
    /// The time of the charge; `None` if the trade was not paid.
    #[serde(skip)]
    pub pay_time: Option<Timestamp>,
    /// The callbacks sent to the shop, oldest first.
    pub deliveries: Vec<Attempt>,
}

/// One attempt to deliver a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The time of the attempt.
    pub at: Timestamp,
    /// The id of the event.
    pub event_id: String,
    /// The HTTP status of the shop's response; 0 if there was none.
    pub status_code: i32,
}
