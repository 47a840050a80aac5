//! Drives one refund: sends it under its number, and queries it first if an earlier attempt may have sent it.

use super::Context;
use super::platform::guarded::Guarded;
use super::platform::single::CallKind;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Outcome, RefundStatus};
use crate::pay::message::{CompareGivenBack, Comparison, DueRefund, EndRefund, Payment};

/// Compares what the platform has given back with the books before a refund is sent. After the restore of a backup, the
/// platform may have made a refund that is not known here, and that is requested again under another number.
async fn compare(context: &Context, kind: CallKind, gateway: Guarded<'_>, due: &DueRefund) -> Reply<Comparison> {
    let refund = &due.refund;
    if due.is_decided {
        return Ok(Comparison::Explained);
    }
    match gateway.query_given_back(kind, refund.pay_id).await {
        Outcome::Known(given_back) => {
            let compare = CompareGivenBack {
                pay_id: refund.pay_id,
                refund_id: Some(refund.refund_id),
                was_sent: due.attempt > 1,
                given_back,
            };
            ask(&context.pay, compare).await
        }
        Outcome::Unknown(why) | Outcome::Undecided(why) => {
            tracing::debug!(refund_id = %refund.refund_id, why, "what the platform has given back is unknown");
            Err(Failure::Unknown)
        }
    }
}

/// Sends a refund and records the platform's reply. From the second attempt on, the refund is queried first and sent
/// only if the platform does not know it.
pub async fn drive(context: &Context, kind: CallKind, due: &DueRefund) -> Reply<()> {
    let refund = &due.refund;
    let Some(gateway) = context.platforms.find(&due.provider) else { return Err(Failure::Unknown) };
    let mut outcome = Outcome::Known(RefundStatus::NotFound);
    if due.attempt > 1 {
        outcome = gateway.query_refund(kind, refund.pay_id, refund.refund_id).await;
    }
    if outcome == Outcome::Known(RefundStatus::NotFound) && due.is_parked {
        return Ok(());
    }
    if outcome == Outcome::Known(RefundStatus::NotFound) {
        match compare(context, kind, gateway, due).await? {
            Comparison::Explained => {}
            Comparison::Parked => return Ok(()),
            // It is sent when it is due again.
            Comparison::Unclear => return Err(Failure::Unknown),
        }
        // The platform treats the refund number as an idempotency key, so the refund cannot be made twice.
        outcome = gateway.refund(kind, refund.clone()).await;
    }
    let outcome = match outcome {
        Outcome::Known(RefundStatus::Done) => Ok(()),
        Outcome::Known(RefundStatus::Refused(why)) => {
            tracing::warn!(refund_id = %refund.refund_id, why, "the platform refused a refund");
            Err(why)
        }
        Outcome::Known(RefundStatus::Pending | RefundStatus::NotFound) => return Ok(()),
        Outcome::Unknown(why) | Outcome::Undecided(why) => {
            tracing::debug!(refund_id = %refund.refund_id, why, "the status of the refund is unknown");
            return Err(Failure::Unknown);
        }
    };
    ask(&context.pay, EndRefund { refund_id: refund.refund_id, outcome }).await
}

/// Compares what the platform has given back of a payment with the books.
pub async fn compare_payment(context: &Context, payment: &Payment) -> Reply<()> {
    let Some(gateway) = context.platforms.find(&payment.provider) else { return Err(Failure::Unknown) };
    match gateway.query_given_back(CallKind::Operator, payment.pay_id).await {
        Outcome::Known(given_back) => {
            let compare = CompareGivenBack { pay_id: payment.pay_id, refund_id: None, was_sent: false, given_back };
            ask(&context.pay, compare).await.map(drop)
        }
        Outcome::Unknown(_) | Outcome::Undecided(_) => Err(Failure::Unknown),
    }
}
