//! The messages about lists of refunds.

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::status::RefundState;

/// A refund as an operator sees it: a row of `pay_refund`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundDetails {
    /// Id of the refund; the number that the platform knows, unless the platform made the refund by itself.
    pub refund_id: RefundId,
    /// Order whose payment is refunded; `None` for a charge that matches no payment.
    pub order_id: Option<OrderId>,
    /// Payment that is refunded.
    pub pay_id: PayId,
    /// Name of the platform; empty in rows of earlier releases.
    pub provider: String,
    /// Amount of the refund.
    pub amount: Money,
    /// State of the refund. A parked one waits for an operator.
    pub status: RefundState,
    /// Whether the platform made the refund by itself, without a request of the shop.
    pub by_platform: bool,
    /// Reason of the refund, for operators.
    pub reason: String,
    /// Words for the customer and the platform; `None` in rows of earlier releases.
    pub message: Option<String>,
    /// Number of attempts at the platform so far.
    pub attempts: i32,
    /// The last answer of the platform that is no success.
    pub remark: Option<String>,
    /// Time of the request.
    pub create_time: Timestamp,
    /// Time at which the platform confirmed it; `None` until then.
    pub done_time: Option<Timestamp>,
}

/// Reads one page of refunds, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<RefundDetails>>")]
pub struct ListRefunds {
    /// Filter: state of the refund.
    pub status: Option<RefundState>,
    /// Last refund of the previous page; only older ones are returned. `None` for the first page.
    pub before: Option<RefundId>,
    /// Maximum number of refunds.
    pub limit: i64,
}

/// Finds a refund by its id. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<RefundDetails>>")]
pub struct FindRefund {
    /// Id of the refund.
    pub refund_id: RefundId,
}
