//! What the platform can be asked.

use actix::Message;
use serde::{Deserialize, Serialize};

use super::error::{OpenRefusal, RefundRefusal, Refusal};
use super::notification;
use super::trade::{Attempt, Trade};
use crate::actor::Reply;
use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::provider::Provider;
use crate::messaging::contract::Topic;

/// The courier's name in the status page, and its consumer group.
pub const WEBHOOK_GROUP: &str = "courier";

/// Callbacks on their way: every message of the platform's outbox.
pub const CALLBACK: Topic = Topic { topic: "trade", tag: "callback", groups: &[WEBHOOK_GROUP] };

/// How callbacks of a payment misbehave; by default they do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callbacks {
    /// How many copies of the callback are sent.
    #[serde(rename = "callbacks")]
    pub copies: Copies,
    /// Whether the copies are sent all at once.
    pub concurrent: bool,
    /// How much later than the payment, in milliseconds.
    pub delay_ms: u64,
    /// Whether the callback is never sent.
    pub lose: bool,
    /// What is wrong with it.
    pub tamper: Option<Tamper>,
}

/// Copies of one callback: 1 to 50.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Copies(i64);

impl Default for Copies {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<i64> for Copies {
    type Error = Invalid;

    fn try_from(value: i64) -> Result<Self, Invalid> {
        if (1..=50).contains(&value) { Ok(Self(value)) } else { Err(Invalid("must be an integer from 1 to 50")) }
    }
}

impl From<Copies> for i64 {
    fn from(copies: Copies) -> Self {
        copies.0
    }
}

/// What is wrong with a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// Signed with another key.
    Signature,
    /// 0.01 more than was paid, rightly signed.
    Amount,
    /// For another number, rightly signed.
    Order,
    /// For another merchant, rightly signed.
    Merchant,
    /// Rightly signed, too long ago.
    Timestamp,
}

/// The body of a [`CALLBACK`] message: what to send, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// To the callback address of which name.
    #[serde(default = "first_name")]
    pub provider: String,
    /// What to send.
    pub event: notification::Body,
    /// How many copies.
    pub copies: Copies,
    /// All at once.
    pub concurrent: bool,
    /// What to do to it first.
    pub tamper: Option<Tamper>,
}

/// Callbacks that were written when the platform had one name.
fn first_name() -> String {
    super::NAME.to_owned()
}

/// Opens a trade, once per number.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, OpenRefusal>>")]
pub struct Open {
    /// The shop's number of it.
    pub out_trade_no: String,
    /// What is to be paid.
    pub amount: Money,
    /// Under which name the shop knows the platform.
    pub provider: Provider,
}

/// The trade with this number. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Trade>>")]
pub struct Find {
    /// The shop's number of it.
    pub out_trade_no: String,
}

/// Charges the customer, once per trade, and tells the shop, each time asked.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Pay {
    /// The shop's number of it.
    pub out_trade_no: String,
    /// How the shop is told.
    pub callbacks: Callbacks,
}

/// Ends an open trade as the customer's no, and tells the shop, once.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Decline {
    /// The shop's number of it.
    pub out_trade_no: String,
}

/// Ends a trade that was not paid, without telling anybody. A closed trade stays closed.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Close {
    /// The shop's number of it.
    pub out_trade_no: String,
}

/// Gives some of a charge back, once per number, and tells the shop.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, RefundRefusal>>")]
pub struct Refund {
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// The shop's number of the refund.
    pub out_request_no: String,
    /// How much.
    pub amount: Money,
}

/// What went back under this number. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Money>>")]
pub struct FindRefund {
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// The shop's number of the refund.
    pub out_request_no: String,
}

/// One page of charged trades under a name, by their numbers, with what went back. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Charged>>")]
pub struct Statement {
    /// Under which name the shop knows the platform.
    pub provider: String,
    /// Where the last page ended.
    pub after: String,
    /// At most so many trades.
    pub limit: i64,
}

/// A charged trade in the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// The shop's number of it.
    pub out_trade_no: String,
    /// The platform's.
    pub trade_no: String,
    /// What the customer was charged.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
    /// What went back: the shop's number of it, how much, when.
    pub refunds: Vec<(String, Money, Timestamp)>,
}

/// Keeps what the shop answered to a callback.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Record {
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// The attempt.
    pub attempt: Attempt,
}
