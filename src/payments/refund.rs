//! Drives one refund: sends it under its number, and queries it first if an earlier attempt may have sent it.

use super::Context;
use super::platform::guarded::Guarded;
use super::platform::single::CallKind;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::PayId;
use crate::gateway::{GivenBack, Outcome, RefundStatus};
use crate::pay::message::{CompareGivenBack, Comparison, DueRefund, EndRefund, Payment};

const NOT_FOUND: Outcome<RefundStatus> = Outcome::Known(RefundStatus::NotFound);

/// Asks a platform for the amount that it has given back of a payment.
///
/// # Errors
/// Fails if that is unknown at present.
async fn query_given_back(kind: CallKind, gateway: Guarded<'_>, pay_id: PayId) -> Reply<GivenBack> {
    match gateway.query_given_back(kind, pay_id).await {
        Outcome::Known(given_back) => Ok(given_back),
        Outcome::Unknown(why) | Outcome::Undecided(why) => {
            tracing::debug!(%pay_id, why, "what the platform has given back is unknown");
            Err(Failure::Unknown)
        }
    }
}

/// Sends a refund and records the platform's reply. From the second attempt on, and for an operator, the refund is queried
/// first and sent only if the platform does not know it.
///
/// Before it is sent, what the platform has given back is compared with the books. After the restore of a backup, the
/// platform may have made a refund that is not known here, and that is requested again under another number.
pub async fn drive(context: &Context, kind: CallKind, due: &DueRefund) -> Reply<()> {
    let refund = &due.refund;
    let Some(gateway) = context.platforms.find(&due.provider) else { return Err(Failure::Unknown) };
    let mut outcome = NOT_FOUND;
    let was_sent = due.attempt > 1 || kind == CallKind::Operator;
    if was_sent {
        outcome = gateway.query_refund(kind, refund.pay_id, refund.refund_id).await;
    }
    if outcome == NOT_FOUND && due.is_parked {
        return Ok(());
    }
    if outcome == NOT_FOUND && !due.is_decided {
        let compare = CompareGivenBack {
            pay_id: refund.pay_id,
            refund_id: Some(refund.refund_id),
            was_sent,
            given_back: query_given_back(kind, gateway, refund.pay_id).await?,
            is_unknown_there: false,
        };
        let mut compared = ask(&context.pay, compare).await?;
        if compared == Comparison::Unconfirmed {
            outcome = gateway.query_refund(kind, refund.pay_id, refund.refund_id).await;
        }
        if compared == Comparison::Unconfirmed && outcome == NOT_FOUND {
            compared = ask(&context.pay, CompareGivenBack { is_unknown_there: true, ..compare }).await?;
        }
        match compared {
            Comparison::Explained | Comparison::Unconfirmed => {}
            Comparison::Parked => return Ok(()),
            // It is sent when it is due again.
            Comparison::Unclear => return Err(Failure::Unknown),
        }
    }
    if outcome == NOT_FOUND {
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
    let compare = CompareGivenBack {
        pay_id: payment.pay_id,
        refund_id: None,
        was_sent: false,
        given_back: query_given_back(CallKind::Operator, gateway, payment.pay_id).await?,
        is_unknown_there: false,
    };
    ask(&context.pay, compare).await.map(drop)
}
