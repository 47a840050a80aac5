//! What an answer of a platform means for a payment, and writing it down.

use super::Context;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Charge, Event, Gateway, Notification};
use crate::pay::error::Rejected;
use crate::pay::message::{Close, Notify, Payment, Status};

/// What a question to the platform led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// It still waits for the customer.
    Open,
    /// It can be paid no more.
    Closed,
    /// It is paid, here too.
    Paid,
    /// The platform has money that is not what we asked for; the answer is kept with the reason.
    Parked(Rejected),
}

/// The platform says that it can be paid no more.
pub async fn closed(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    if payment.status == Status::Unpaid {
        ask(&context.pay, Close { pay_id: payment.pay_id }).await?;
    }
    Ok(SyncOutcome::Closed)
}

/// What the platform answered is judged and kept like a notice of its own.
pub async fn paid(context: &Context, gateway: &dyn Gateway, payment: &Payment, charge: Charge) -> Reply<SyncOutcome> {
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
    match ask(&context.pay, Notify { provider: gateway.name().into(), notice, body }).await? {
        Ok(()) => Ok(SyncOutcome::Paid),
        Err(rejected) => {
            tracing::warn!(pay_id = %payment.pay_id, reason = %rejected, "money that is not what was asked for");
            Ok(SyncOutcome::Parked(rejected))
        }
    }
}

/// The platform of a payment; one that is not set up any more cannot be asked.
pub fn gateway<'a>(context: &'a Context, payment: &Payment) -> Reply<&'a dyn Gateway> {
    context.gateways.find(&payment.provider).ok_or_else(|| unanswered(payment, "the platform is not set up"))
}

/// No answer: the payment is looked at again later.
pub fn unanswered(payment: &Payment, why: &str) -> Failure {
    tracing::debug!(pay_id = %payment.pay_id, provider = payment.provider, why, "the platform does not tell");
    Failure::Unknown
}
