//! Closes payments at their platforms before they are closed here.

use super::Context;
use super::outcome::{SyncOutcome, closed, gateway, paid, unanswered};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay::message::{Close, LiveOf, Payment, Status};

/// Closes a payment at its platform, so that it cannot be paid any more; where the customer was faster, it is paid.
pub async fn close(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = gateway(context, payment)?;
    match gateway.close(payment.pay_id).await {
        Outcome::Known(PaymentStatus::Closed | PaymentStatus::NotFound) => closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => paid(context, gateway, payment, charge).await,
        Outcome::Known(PaymentStatus::Unpaid) => Err(unanswered(payment, "it was not closed")),
        Outcome::Unknown(why) => Err(unanswered(payment, &why)),
    }
}

/// Closes all open payments of an order; `false` where one of them is paid.
pub async fn close_payments(context: &Context, order_id: OrderId) -> Reply<bool> {
    let live = ask(&context.pay, LiveOf { order_id }).await?;
    // The message that tells its order may still be on its way.
    if live.iter().any(|live| live.status == Status::Paid) {
        return Ok(false);
    }
    for open in live.iter().filter(|live| live.status == Status::Unpaid) {
        match close(context, open).await? {
            SyncOutcome::Open | SyncOutcome::Closed => {}
            SyncOutcome::Paid => return Ok(false),
            // Not the money we asked for: it is parked, and this payment will not be paid otherwise.
            SyncOutcome::Parked(_) => ask(&context.pay, Close { pay_id: open.pay_id }).await?,
        }
    }
    Ok(true)
}
