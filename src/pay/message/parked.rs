//! The messages about money that waits for an operator.

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::provider::Provider;
use crate::domain::status::ChargeState;
use crate::pay::error::DecisionRefusal;

/// Money that waits for an operator: a charge that matches no payment, or a refund that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParkedItem {
    /// Id of the item. The id of a parked refund is that of the refund.
    pub parked_id: EntryId,
    /// Kind of the item.
    pub kind: ParkedKind,
    /// Order of the payment; `None` if the payment is unknown.
    pub order_id: Option<OrderId>,
    /// Payment that the platform names; `None` if its number is not a payment id.
    pub pay_id: Option<PayId>,
    /// Name of the platform.
    pub provider: String,
    /// The platform's id of the payment.
    pub trade_no: Option<String>,
    /// Amount of the charge or of the refund.
    pub amount: Money,
    /// Reason for parking it.
    pub reason: String,
    /// Refund that gives a charge back; `None` until an operator returns it.
    pub refund_id: Option<RefundId>,
    /// State of the item. A refund is `returned` while it is sent again and `accepted` once it is done.
    pub status: ChargeState,
    /// Time at which the shop learned of the charge or requested the refund.
    pub create_time: Timestamp,
}

/// The kind of a [`ParkedItem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedKind {
    /// A charge that matches no payment.
    Charge,
    /// A refund that cannot be made.
    Refund,
}

/// Reads one page of what waits for an operator, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ParkedItem>>")]
pub struct ListParked {
    /// Last item of the previous page; `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of items.
    pub limit: i64,
}

/// Parks the pending refunds whose platform is not configured, some at a time. Replies with the number of them.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<usize>")]
pub struct ParkRemoved {
    /// The payment products that are configured.
    pub configured: Vec<Provider>,
}

/// Finds the parked charges that name a payment of an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ParkedItem>>")]
pub struct FindParkedCharges {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Carries out an operator's decision about a parked charge or refund. Idempotent.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<ParkedItem, DecisionRefusal>>")]
pub struct Decide {
    /// Id of the item.
    pub parked_id: EntryId,
    /// Administrator who decides.
    pub admin: UserId,
    /// The decision.
    pub decision: Decision,
    /// Reason of the decision, for operators; at most 200 characters.
    pub reason: String,
    /// Words for the customer about the refund of a charge; at most 200 characters.
    pub message: Option<String>,
}

/// A decision about a parked charge or refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Give the charge back at its platform.
    Refund,
    /// Take the charge as the payment that it names although it is more than was asked for; or take the refund as made
    /// by other means.
    Accept,
    /// Book the charge of an unknown payment as a payment of this order.
    Match(MatchedOrder),
    /// Do nothing about it.
    Dismiss,
    /// Send the refund again under its number.
    Retry,
}

impl Decision {
    /// The name in the journal.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Refund => "refunded",
            Self::Accept => "accepted",
            Self::Match(_) => "matched",
            Self::Dismiss => "dismissed",
            Self::Retry => "retried",
        }
    }
}

/// The order that a charge is matched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchedOrder {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Amount to pay on a platform.
    pub pay_amount: Money,
}

/// Reads one page of what operators decided about parked charges and refunds, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<LoggedDecision>>")]
pub struct ListDecisions {
    /// Filter: id of the order; `None` matches every decision.
    pub order_id: Option<OrderId>,
    /// Last entry of the previous page; only older entries are returned. `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// A decision of an operator: a row of `pay_act`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedDecision {
    /// Id of the entry.
    pub act_id: EntryId,
    /// Order of the payment; `None` if it is unknown.
    pub order_id: Option<OrderId>,
    /// Name of the decision, for example `parked_dismissed`.
    pub act: String,
    /// Id of the administrator.
    pub user_id: UserId,
    /// Id of the charge or refund, and the reason.
    pub detail: String,
    /// Time of the decision.
    pub create_time: Timestamp,
}
