//! One refund: made under its number, asked for where the last attempt had no answer.

use super::Context;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Outcome, RefundStatus};
use crate::pay::message::{DueRefund, EndRefund};

/// Makes a refund, or asks how it stands where it may have been made before.
pub async fn drive(context: &Context, due: &DueRefund) -> Reply<()> {
    let refund = &due.refund;
    let Some(gateway) = context.gateways.find(&due.provider) else { return Err(Failure::Unknown) };
    let mut outcome = Outcome::Known(RefundStatus::NotFound);
    if due.attempt > 1 {
        outcome = gateway.query_refund(refund.pay_id, refund.refund_id).await;
    }
    if outcome == Outcome::Known(RefundStatus::NotFound) {
        // The same number again is the same refund: it cannot be made twice.
        outcome = gateway.refund(refund.clone()).await;
    }
    let outcome = match outcome {
        Outcome::Known(RefundStatus::Done) => Ok(()),
        Outcome::Known(RefundStatus::Refused(why)) => {
            tracing::warn!(refund_id = %refund.refund_id, why, "the platform refuses a refund");
            Err(why)
        }
        Outcome::Known(RefundStatus::Pending | RefundStatus::NotFound) => return Ok(()),
        Outcome::Unknown(why) => {
            tracing::debug!(refund_id = %refund.refund_id, why, "the platform does not tell");
            return Err(Failure::Unknown);
        }
    };
    ask(&context.pay, EndRefund { refund_id: refund.refund_id, outcome }).await
}
