//! The messages about the status queries of payments, and about their schedule.

use std::time::Duration;

use actix::Message;

use super::Payment;
use crate::actor::Reply;
use crate::actor::retry::Backoff;
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizon;
use crate::domain::id::PayId;
use crate::domain::provider::Provider;

/// A payment whose status query is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSync {
    /// The payment: open, or closed here and possibly not yet at its platform.
    pub payment: Payment,
    /// Whether another payment of the order is paid, so that this one must be closed.
    pub is_superseded: bool,
}

/// Claims payments of a platform whose status query is due. Each is due again after the delay of `backoff`.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<DueSync>>")]
pub struct ClaimDueSyncs {
    /// Platform of the payments.
    pub provider: Provider,
    /// Maximum number of payments.
    pub limit: i64,
    /// Delay until the next query, by number of queries.
    pub backoff: Backoff,
}

/// Closes a payment. A payment that is paid already does not change. The platform is still queried for the payment until
/// [`StopSync`], because it may not have known the payment when it was asked to close it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct Close {
    /// Id of the payment.
    pub pay_id: PayId,
}

/// Ends the status queries of a closed payment. A payment that is open does not change.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct StopSync {
    /// Id of the payment.
    pub pay_id: PayId,
}

/// Makes status queries and refunds due now that are further ahead than the settings allow, at most a page of each.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct BringForward {
    /// How far ahead the next status query can be.
    pub sync: Horizon,
    /// How far ahead the next attempt of a refund can be.
    pub refund: Horizon,
}

/// Postpones the status queries and refunds that are due at all platforms but those in `except`, at most a page of
/// each. No attempt is counted.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct PostponeDue {
    /// The platforms that are called.
    pub except: Vec<Provider>,
    /// Delay of a status query from now.
    pub sync: Duration,
    /// Delay of a refund from now.
    pub refund: Duration,
    /// Closed payments that expired at their platform before this time are not queried any more.
    pub unwatch_before: Timestamp,
}
