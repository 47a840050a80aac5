//! The messages about money that is under way.

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;

/// A refund that Order has asked for and whose message Pay has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedRefund {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Payment to refund; `None` if the order does not know it.
    pub pay_id: Option<PayId>,
    /// Amount to refund.
    pub amount: Money,
    /// Time of the request.
    pub create_time: Timestamp,
}

/// Sums up the money at risk, in one snapshot of Pay's tables. Read-only. See [`RiskKind`] for what belongs to it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<AtRisk>>")]
pub struct SumAtRisk {
    /// The refunds that Order has asked for. Those that Pay knows by now are counted once, as pending or parked.
    pub requested: Vec<RequestedRefund>,
}

/// The reason why money is at risk: it can still be paid, is not booked, is being given back, or waits for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskKind {
    /// A payment that is neither paid nor closed: the customer can pay it at any moment.
    OpenPayment,
    /// A payment that is paid, and whose order has not acknowledged it yet.
    UnbookedPayment,
    /// A refund that Order has asked for and that Pay has not recorded yet.
    RequestedRefund,
    /// A refund that the platform has not confirmed yet.
    PendingRefund,
    /// A refund that cannot be made and waits for an operator.
    ParkedRefund,
    /// A charge that matches no payment and waits for an operator.
    ParkedCharge,
}

impl RiskKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::OpenPayment,
        Self::UnbookedPayment,
        Self::RequestedRefund,
        Self::PendingRefund,
        Self::ParkedRefund,
        Self::ParkedCharge,
    ];

    /// The name in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenPayment => "open_payment",
            Self::UnbookedPayment => "unbooked_payment",
            Self::RequestedRefund => "requested_refund",
            Self::PendingRefund => "pending_refund",
            Self::ParkedRefund => "parked_refund",
            Self::ParkedCharge => "parked_charge",
        }
    }
}

/// The money of one kind at one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtRisk {
    /// The reason.
    pub kind: RiskKind,
    /// Name of the payment product; empty if it is not known.
    pub provider: String,
    /// Number of payments, refunds or charges.
    pub count: i64,
    /// Their sum, in the currency of the shop. Charges in other currencies are counted only.
    pub amount: Money,
    /// Time since when the oldest of them is open, paid, requested or parked.
    pub oldest: Option<Timestamp>,
}
