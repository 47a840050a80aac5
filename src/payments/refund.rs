//! One refund: made under its number, asked for where the last attempt had no answer.

use super::Tools;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Outcome, Refunding};
use crate::pay::message::{DueRefund, EndRefund};

/// Makes a refund, or asks how it stands where it may have been made before.
pub async fn settle(tools: &Tools, due: &DueRefund) -> Reply<()> {
    let refund = &due.refund;
    let Some(gateway) = tools.gateways.find(&due.provider) else { return Err(Failure::Unknown) };
    let mut outcome = Outcome::Known(Refunding::Missing);
    if due.attempt > 1 {
        outcome = gateway.query_refund(refund.pay_id, refund.refund_id).await;
    }
    if outcome == Outcome::Known(Refunding::Missing) {
        // The same number again is the same refund: it cannot be made twice.
        outcome = gateway.refund(refund.clone()).await;
    }
    let outcome = match outcome {
        Outcome::Known(Refunding::Done) => Ok(()),
        Outcome::Known(Refunding::Refused(why)) => {
            tracing::warn!(refund_id = %refund.refund_id, why, "the platform refuses a refund");
            Err(why)
        }
        Outcome::Known(Refunding::Pending | Refunding::Missing) => return Ok(()),
        Outcome::Unknown(why) => {
            tracing::debug!(refund_id = %refund.refund_id, why, "the platform does not tell");
            return Err(Failure::Unknown);
        }
    };
    ask(&tools.pay, EndRefund { refund_id: refund.refund_id, outcome }).await
}
