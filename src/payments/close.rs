//! Closes payments at their platforms before they are closed here.

use super::Tools;
use super::outcome::{Stands, closed, gateway, paid, unanswered};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::OrderId;
use crate::gateway::{Outcome, Standing};
use crate::pay::message::{Close, LiveOf, Payment, Status};

/// Closes a payment at its platform, so that it cannot be paid any more; where the customer was faster, it is paid.
pub async fn close(tools: &Tools, payment: &Payment) -> Reply<Stands> {
    let gateway = gateway(tools, payment)?;
    match gateway.close(payment.pay_id).await {
        Outcome::Known(Standing::Closed | Standing::Missing) => closed(tools, payment).await,
        Outcome::Known(Standing::Paid(charge)) => paid(tools, gateway, payment, charge).await,
        Outcome::Known(Standing::Unpaid) => Err(unanswered(payment, "it was not closed")),
        Outcome::Unknown(why) => Err(unanswered(payment, &why)),
    }
}

/// Closes all open payments of an order; `false` where one of them is paid.
pub async fn close_payments(tools: &Tools, order_id: OrderId) -> Reply<bool> {
    let live = ask(&tools.pay, LiveOf { order_id }).await?;
    // The message that tells its order may still be on its way.
    if live.iter().any(|live| live.status == Status::Paid) {
        return Ok(false);
    }
    for open in live.iter().filter(|live| live.status == Status::Unpaid) {
        match close(tools, open).await? {
            Stands::Open | Stands::Closed => {}
            Stands::Paid => return Ok(false),
            // Not the money we asked for: it is parked, and this payment will not be paid otherwise.
            Stands::Parked(_) => ask(&tools.pay, Close { pay_id: open.pay_id }).await?,
        }
    }
    Ok(true)
}
