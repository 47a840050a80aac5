//! Closes payments at their platforms and then in Pay.

use super::Context;
use super::outcome::{SyncOutcome, find_gateway, record_closed, record_paid, unknown_outcome};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay;
use crate::pay::message::{FindOpenOrPaid, Payment};

/// Closes a payment at its platform so that it can no longer be paid. If the customer has already paid, the payment is
/// recorded as paid.
///
/// # Errors
/// A failure if the platform reports neither state, or if Pay does not respond.
pub async fn close(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = find_gateway(context, payment)?;
    match gateway.close(payment.pay_id).await {
        Outcome::Known(PaymentStatus::Closed | PaymentStatus::NotFound) => record_closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => record_paid(context, gateway, payment, charge).await,
        Outcome::Known(PaymentStatus::Unpaid) => {
            Err(unknown_outcome(payment, "the platform did not close the payment"))
        }
        Outcome::Unknown(why) => Err(unknown_outcome(payment, &why)),
    }
}

/// Closes all open payments of an order. Returns `false` if one of them is paid.
pub async fn close_payments(context: &Context, order_id: OrderId) -> Reply<bool> {
    let live = ask(&context.pay, FindOpenOrPaid { order_id }).await?;
    // The order may not know of this payment yet, because the message to it may not be delivered.
    if live.iter().any(|live| live.status == pay::message::Status::Paid) {
        return Ok(false);
    }
    for open in live.iter().filter(|live| live.status == pay::message::Status::Unpaid) {
        match close(context, open).await? {
            SyncOutcome::Open | SyncOutcome::Closed => {}
            SyncOutcome::Paid => return Ok(false),
            // The platform has money that does not match. It is parked for an operator, and the payment cannot be paid
            // again.
            SyncOutcome::Parked(_) => ask(&context.pay, pay::message::Close { pay_id: open.pay_id }).await?,
        }
    }
    Ok(true)
}
