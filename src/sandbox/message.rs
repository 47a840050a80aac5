//! Messages to the platform's actor, and the body of its outbox messages.

use std::time::Duration;

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

/// Name of the webhook sender in the status page, and its consumer group.
pub const WEBHOOK_GROUP: &str = "courier";

/// The topic of callbacks, to which all messages of the platform's outbox belong.
pub const CALLBACK: Topic = Topic { topic: "trade", tag: "callback", groups: &[WEBHOOK_GROUP] };

/// Faults to inject into the callbacks of one payment. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callbacks {
    /// Number of copies of the callback.
    #[serde(rename = "callbacks")]
    pub copies: Copies,
    /// Whether the copies are sent concurrently.
    pub concurrent: bool,
    /// Delay between the payment and the callback.
    pub delay_ms: Delay,
    /// Whether the callback is never sent.
    pub lose: bool,
    /// The defect of the callback; `None` for a correct one.
    pub tamper: Option<Tamper>,
}

/// Number of copies of one callback: 1 to 50.
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

/// A delay in milliseconds, up to a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "i64")]
pub struct Delay(u32);

impl Delay {
    /// A delay of so many milliseconds, up to 65 seconds.
    #[must_use]
    pub fn from_millis(millis: u16) -> Self {
        Self(millis.into())
    }

    /// The delay as a duration.
    #[must_use]
    pub fn get(self) -> Duration {
        Duration::from_millis(self.0.into())
    }
}

impl TryFrom<i64> for Delay {
    type Error = Invalid;

    fn try_from(millis: i64) -> Result<Self, Invalid> {
        let delay = u32::try_from(millis).ok().filter(|millis| *millis <= 86_400_000);
        delay.map(Self).ok_or(Invalid("must be an integer from 0 to 86400000, which is a day"))
    }
}

/// A defect of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// It is signed with another key.
    Signature,
    /// The amount is 0.01 too high; the signature is valid.
    Amount,
    /// It names another payment; the signature is valid.
    Order,
    /// It names another merchant; the signature is valid.
    Merchant,
    /// The signature is valid but its timestamp is too old.
    Timestamp,
}

/// The body of a [`CALLBACK`] message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The provider name in the callback URL.
    #[serde(default = "default_provider")]
    pub provider: String,
    /// The body of the callback before tampering.
    pub event: notification::Body,
    /// Number of copies.
    pub copies: Copies,
    /// Whether the copies are sent concurrently.
    pub concurrent: bool,
    /// The defect to inject before sending.
    pub tamper: Option<Tamper>,
}

/// The provider of stored callbacks that date from when the platform had only one name.
fn default_provider() -> String {
    super::NAME.to_owned()
}

/// Opens a trade. Idempotent by `out_trade_no`.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, OpenRefusal>>")]
pub struct Open {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The amount due.
    pub amount: Money,
    /// The platform's name at the shop.
    pub provider: Provider,
    /// The page to which the customer goes afterwards.
    pub return_url: Option<String>,
}

/// Finds a trade by its id. Read only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Trade>>")]
pub struct Find {
    /// The shop's id of the trade.
    pub out_trade_no: String,
}

/// Charges the customer, once per trade. Every call sends the callbacks, including repeated ones.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Pay {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The faults to inject into the callbacks.
    pub callbacks: Callbacks,
}

/// Declines an open trade and sends one callback. A repeated call sends none.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Decline {
    /// The shop's id of the trade.
    pub out_trade_no: String,
}

/// Closes an unpaid trade without a callback. Idempotent.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, Refusal>>")]
pub struct Close {
    /// The shop's id of the trade.
    pub out_trade_no: String,
}

/// Refunds a part or all of a charge and sends a callback. Idempotent by `out_trade_no` and `out_request_no`.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Trade, RefundRefusal>>")]
pub struct Refund {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The shop's id of the refund.
    pub out_request_no: String,
    /// The amount to refund.
    pub amount: Money,
}

/// Finds the amount of a refund by its ids. Read only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Money>>")]
pub struct FindRefund {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The shop's id of the refund.
    pub out_request_no: String,
}

/// One page of the statement: charged trades of one provider with their refunds, ordered by `out_trade_no`. Read only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Charged>>")]
pub struct Statement {
    /// The platform's name at the shop.
    pub provider: String,
    /// The last `out_trade_no` of the previous page; empty for the first page.
    pub after: String,
    /// The maximum number of trades.
    pub limit: i64,
}

/// A charged trade in the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The platform's id of the trade.
    pub trade_no: String,
    /// The amount charged.
    pub amount: Money,
    /// The time of the charge.
    pub at: Timestamp,
    /// The refunds: the shop's id, the amount and the time of each.
    pub refunds: Vec<(String, Money, Timestamp)>,
}

/// Records the shop's response to a callback.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Record {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The delivery attempt with its response.
    pub attempt: Attempt,
}
