//! Synchronises one open payment with its platform.

use super::Context;
use super::close::close;
use super::outcome::{SyncOutcome, find_gateway, record_closed, record_paid, unknown_outcome};
use crate::actor::Reply;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay::message::Payment;

/// Queries a payment, or closes it if its time to be paid has passed.
pub async fn sync(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let is_expired = context.clock.now() >= payment.add_time.plus(context.pay_within);
    if is_expired { close(context, payment).await } else { query(context, payment).await }
}

/// Queries the status of a payment at its platform and records it.
pub async fn query(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = find_gateway(context, payment)?;
    match gateway.query(payment.pay_id).await {
        // `NotFound` may be temporary: the request that creates the payment may still be in flight.
        Outcome::Known(PaymentStatus::Unpaid | PaymentStatus::NotFound) => Ok(SyncOutcome::Open),
        Outcome::Known(PaymentStatus::Closed) => record_closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => record_paid(context, gateway, payment, charge).await,
        Outcome::Unknown(why) => Err(unknown_outcome(payment, &why)),
    }
}
