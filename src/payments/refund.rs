//! Drives one refund: sends it under its number, and queries it first if an earlier attempt may have sent it.

use super::Context;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Outcome, RefundStatus};
use crate::pay::message::{DueRefund, EndRefund};

/// Sends a refund and records the platform's reply. From the second attempt on, the refund is queried first and sent
/// only if the platform does not know it.
pub async fn drive(context: &Context, due: &DueRefund) -> Reply<()> {
    let refund = &due.refund;
    let Some(gateway) = context.gateways.find(&due.provider) else { return Err(Failure::Unknown) };
    let mut outcome = Outcome::Known(RefundStatus::NotFound);
    if due.attempt > 1 {
        outcome = gateway.query_refund(refund.pay_id, refund.refund_id).await;
    }
    if outcome == Outcome::Known(RefundStatus::NotFound) {
        // The platform treats the refund number as an idempotency key, so the refund cannot be made twice.
        outcome = gateway.refund(refund.clone()).await;
    }
    let outcome = match outcome {
        Outcome::Known(RefundStatus::Done) => Ok(()),
        Outcome::Known(RefundStatus::Refused(why)) => {
            tracing::warn!(refund_id = %refund.refund_id, why, "the platform refused a refund");
            Err(why)
        }
        Outcome::Known(RefundStatus::Pending | RefundStatus::NotFound) => return Ok(()),
        Outcome::Unknown(why) => {
            tracing::debug!(refund_id = %refund.refund_id, why, "the status of the refund is unknown");
            return Err(Failure::Unknown);
        }
    };
    ask(&context.pay, EndRefund { refund_id: refund.refund_id, outcome }).await
}
