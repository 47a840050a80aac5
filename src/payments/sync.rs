//! One open payment: how it stands at its platform, and what follows here.

use super::Context;
use super::close::close;
use super::outcome::{SyncOutcome, closed, gateway, paid, unanswered};
use crate::actor::Reply;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay::message::Payment;

/// Asks how a payment stands; one that nobody may pay any more is closed at the same time.
pub async fn look(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let is_old = context.clock.now() >= payment.add_time.plus(context.pay_within);
    if is_old { close(context, payment).await } else { query(context, payment).await }
}

/// Asks how a payment stands.
pub async fn query(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = gateway(context, payment)?;
    match gateway.query(payment.pay_id).await {
        // A payment the platform does not know may be on its way to it.
        Outcome::Known(PaymentStatus::Unpaid | PaymentStatus::NotFound) => Ok(SyncOutcome::Open),
        Outcome::Known(PaymentStatus::Closed) => closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => paid(context, gateway, payment, charge).await,
        Outcome::Unknown(why) => Err(unanswered(payment, &why)),
    }
}
