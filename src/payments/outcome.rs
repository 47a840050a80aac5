//! Records a platform's reply about a payment in Pay.

use super::Context;
use super::platform::guarded::Guarded;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::clock::Timestamp;
use crate::gateway::{Charge, Event, Notification};
use crate::pay;
use crate::pay::error::Rejected;
use crate::pay::message::{Notify, Payment};

/// The outcome of querying or closing a payment at its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The customer has not paid yet.
    Open,
    /// The payment can no longer be paid.
    Closed,
    /// The payment is paid, and Pay has recorded it.
    Paid,
    /// The platform has money that does not match the stored payment. The reply is stored with the reason.
    Parked(Rejected),
}

/// The time that the platform was given as the end of a payment.
pub fn expire_time(context: &Context, payment: &Payment) -> Timestamp {
    payment.expire_time.unwrap_or_else(|| payment.add_time.plus(context.pay_within))
}

/// Whether a payment has expired at its platform.
pub fn is_expired(context: &Context, payment: &Payment) -> bool {
    context.clock.now_for_deadlines(context.pay_within) >= expire_time(context, payment)
}

/// Records that the platform reports a payment as closed.
pub async fn record_closed(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    if payment.status == pay::message::Status::Unpaid {
        ask(&context.pay, pay::message::Close { pay_id: payment.pay_id }).await?;
    }
    Ok(SyncOutcome::Closed)
}

/// Records a charge that the platform reports. Pay judges and stores it like a notification from the platform.
pub async fn record_paid(
    context: &Context,
    gateway: Guarded<'_>,
    payment: &Payment,
    charge: Charge,
) -> Reply<SyncOutcome> {
    let body = format!("the platform was asked and told: {} paid as {}", charge.amount, charge.trade_no);
    let notice = Notification {
        event_id: format!("asked_{}", charge.trade_no),
        event: Event::Paid,
        out_trade_no: payment.pay_id.to_string(),
        trade_no: charge.trade_no,
        amount: charge.amount,
        currency: charge.currency,
        wrong_recipient: charge.wrong_recipient,
    };
    match ask(&context.pay, Notify { provider: gateway.name().into(), notification: notice, body }).await?.verdict {
        Ok(()) => Ok(SyncOutcome::Paid),
        Err(rejected) => {
            tracing::warn!(pay_id = %payment.pay_id, reason = %rejected, "the charge does not match the payment");
            // The charge has used the payment up: it cannot be paid any more, and is not asked for again. An operator
            // decides what becomes of the charge.
            ask(&context.pay, pay::message::Close { pay_id: payment.pay_id }).await?;
            Ok(SyncOutcome::Parked(rejected))
        }
    }
}

/// The gateway of a payment.
///
/// # Errors
/// [`Failure::Unknown`] if the platform is no longer configured.
pub fn find_gateway<'a>(context: &'a Context, payment: &Payment) -> Reply<Guarded<'a>> {
    context.platforms.find(&payment.provider).ok_or_else(|| unknown_outcome(payment, "the platform is not configured"))
}

/// Logs that the platform's reply is missing or inconclusive and returns [`Failure::Unknown`]. The payment is synced
/// again when it is due.
pub fn unknown_outcome(payment: &Payment, why: &str) -> Failure {
    tracing::debug!(pay_id = %payment.pay_id, provider = payment.provider, why, "the status of the payment is unknown");
    Failure::Unknown
}
