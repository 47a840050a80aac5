//! Money at risk: what can still be paid, what is paid and not booked, what is being given back, and what waits for an
//! operator. Each amount belongs to exactly one [`RiskKind`], and leaves the sum when it is where it belongs.
//!
//! The stores of Order and Pay are read one after the other, so money that moves at that moment may be missed.

use crate::actor::task::ask;
use crate::actor::{OwnerAddr, Reply};
use crate::domain::money::Money;
use crate::order::Order;
use crate::order::message::{ListRequestedRefunds, UnacknowledgedRefund};
use crate::pay::Pay;
use crate::pay::message::{RequestedRefund, SumAtRisk};

pub use crate::pay::message::{AtRisk, RiskKind};

/// Sums up the money at risk by kind and platform.
///
/// # Errors
/// An owner does not reply.
pub async fn read(order: &OwnerAddr<Order>, pay: &OwnerAddr<Pay>) -> Reply<Vec<AtRisk>> {
    let known = |refund: UnacknowledgedRefund| RequestedRefund {
        refund_id: refund.refund_id,
        pay_id: refund.pay_id,
        amount: refund.amount,
        create_time: refund.create_time,
    };
    // Order first: a refund that Pay records in between is found there.
    let requested = ask(order, ListRequestedRefunds).await?;
    ask(pay, SumAtRisk { requested: requested.into_iter().map(known).collect() }).await
}

/// The sum of all kinds.
#[must_use]
pub fn total(sums: &[AtRisk]) -> Money {
    Money::checked_sum(sums.iter().map(|sum| sum.amount)).unwrap_or(Money::LARGEST)
}
