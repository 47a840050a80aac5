//! Synchronises one payment with its platform.

use super::Context;
use super::close::close;
use super::outcome::{SyncOutcome, find_gateway, is_expired, record_closed, record_paid, unknown_outcome};
use super::platform::single::CallKind;
use super::watch::watch;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay::message::{Close, DueSync, Payment, Status};

/// Queries an open payment, or closes it if its time to be paid has passed or its order is paid otherwise. A closed
/// payment is watched.
pub async fn sync(context: &Context, due: &DueSync) -> Reply<()> {
    let payment = &due.payment;
    match payment.status {
        Status::Unpaid if due.is_superseded || is_expired(context, payment) => {
            match close(context, CallKind::Sync, payment).await? {
                // The platform has money that does not match. It is parked for an operator; the payment is over.
                SyncOutcome::Parked(_) => ask(&context.pay, Close { pay_id: payment.pay_id }).await,
                SyncOutcome::Open | SyncOutcome::Closed | SyncOutcome::Paid => Ok(()),
            }
        }
        Status::Unpaid => query(context, CallKind::Sync, payment).await.map(drop),
        Status::Closed => watch(context, payment).await,
        // A notification has arrived since the claim.
        Status::Paid | Status::Refunded => Ok(()),
    }
}

/// Queries the status of a payment at its platform and records it.
pub async fn query(context: &Context, kind: CallKind, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = find_gateway(context, payment)?;
    match gateway.query(kind, payment.pay_id).await {
        // `NotFound` may be temporary: the request that creates the payment may still be in flight.
        Outcome::Known(PaymentStatus::Unpaid | PaymentStatus::NotFound) => Ok(SyncOutcome::Open),
        Outcome::Known(PaymentStatus::Closed) => record_closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => record_paid(context, gateway, payment, charge).await,
        Outcome::Unknown(why) | Outcome::Undecided(why) => Err(unknown_outcome(payment, &why)),
    }
}
