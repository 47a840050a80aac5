//! The messages about refunds that are to be made.

use actix::Message;

use crate::actor::Reply;
use crate::actor::retry::Backoff;
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::provider::Provider;
use crate::gateway::{self, GivenBack};

/// A refund to request from its platform, or to query there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRefund {
    /// The order of the payment.
    pub order_id: OrderId,
    /// The refund as the platform needs it.
    pub refund: gateway::Refund,
    /// Name of the platform.
    pub provider: String,
    /// Number of this attempt, starting at 1.
    pub attempt: i32,
    /// Whether the refund waits for an operator, so that it is only looked up.
    pub is_parked: bool,
    /// Whether an operator has decided that it is sent again.
    pub is_decided: bool,
}

/// Claims refunds of a platform that are due. The attempt is counted before it is made, and each refund is due again
/// after the delay of `backoff`.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<DueRefund>>")]
pub struct ClaimDueRefunds {
    /// Platform of the refunds.
    pub provider: Provider,
    /// Maximum number of refunds.
    pub limit: i64,
    /// Delay until the next attempt, by number of attempts.
    pub backoff: Backoff,
}

/// Records the final answer of the platform to a refund. A refused refund is parked until an operator handles it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndRefund {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// `Ok` if the refund is done, otherwise the reason of the refusal.
    pub outcome: Result<(), String>,
}

/// Compares what a platform says it has given back of a payment with the refunds of it, before `refund_id` is sent. What
/// no refund explains is booked as a refund that the platform made by itself, and `refund_id` is parked: it was
/// requested without that knowledge, for example after the restore of a backup that was made before the refund.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Comparison>")]
pub struct CompareGivenBack {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Refund that is to be sent; `None` if the comparison was requested for its own sake.
    pub refund_id: Option<RefundId>,
    /// Whether the refund may have been sent before.
    pub was_sent: bool,
    /// The answer of the platform.
    pub given_back: GivenBack,
    /// Whether the platform was asked for the refund after that answer, and does not know it. Otherwise the answer may
    /// contain the refund, sent by an attempt at the same time or one that was held up.
    pub is_unknown_there: bool,
}

/// Result of [`CompareGivenBack`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The refunds explain what the platform says.
    Explained,
    /// The platform has given back more, which may be the refund itself: the platform is to be asked for it.
    Unconfirmed,
    /// The platform has given back more, and the refund is parked.
    Parked,
    /// The outcome of another refund must be known first.
    Unclear,
}
