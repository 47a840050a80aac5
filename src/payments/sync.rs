//! One open payment: how it stands at its platform, and what follows here.

use super::Tools;
use super::close::close;
use super::outcome::{Stands, closed, gateway, paid, unanswered};
use crate::actor::Reply;
use crate::gateway::{Outcome, Standing};
use crate::pay::message::Payment;

/// Asks how a payment stands; one that nobody may pay any more is closed at the same time.
pub async fn look(tools: &Tools, payment: &Payment) -> Reply<Stands> {
    let is_old = tools.clock.now() >= payment.add_time.plus(tools.pay_within);
    if is_old { close(tools, payment).await } else { query(tools, payment).await }
}

/// Asks how a payment stands.
pub async fn query(tools: &Tools, payment: &Payment) -> Reply<Stands> {
    let gateway = gateway(tools, payment)?;
    match gateway.query(payment.pay_id).await {
        // A payment the platform does not know may be on its way to it.
        Outcome::Known(Standing::Unpaid | Standing::Missing) => Ok(Stands::Open),
        Outcome::Known(Standing::Closed) => closed(tools, payment).await,
        Outcome::Known(Standing::Paid(charge)) => paid(tools, gateway, payment, charge).await,
        Outcome::Unknown(why) => Err(unanswered(payment, &why)),
    }
}
