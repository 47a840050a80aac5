//! One open payment: how it stands at its platform, and what follows here.

use super::Tools;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::gateway::{Charge, Event, Gateway, Notice, Outcome, Standing};
use crate::pay::error::Rejected;
use crate::pay::message::{Close, Notify, Payment, Status};

/// What a question to the platform led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It still waits for the customer.
    Open,
    /// It can be paid no more.
    Closed,
    /// It is paid, here too.
    Paid,
    /// The platform has money that is not what we asked for; the answer is kept with the reason.
    Parked(Rejected),
}

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

async fn closed(tools: &Tools, payment: &Payment) -> Reply<Stands> {
    if payment.status == Status::Unpaid {
        ask(&tools.pay, Close { pay_id: payment.pay_id }).await?;
    }
    Ok(Stands::Closed)
}

/// What the platform answered is judged and kept like a notice of its own.
async fn paid(tools: &Tools, gateway: &dyn Gateway, payment: &Payment, charge: Charge) -> Reply<Stands> {
    let body = format!("the platform was asked and told: {} paid as {}", charge.amount, charge.trade_no);
    let notice = Notice {
        event_id: format!("asked_{}", charge.trade_no),
        event: Event::Paid,
        out_trade_no: payment.pay_id.to_string(),
        trade_no: charge.trade_no,
        amount: charge.amount,
        currency: charge.currency,
        stranger: charge.stranger,
    };
    match ask(&tools.pay, Notify { provider: gateway.name(), notice, body }).await? {
        Ok(()) => Ok(Stands::Paid),
        Err(rejected) => {
            tracing::warn!(pay_id = %payment.pay_id, reason = %rejected, "money that is not what was asked for");
            Ok(Stands::Parked(rejected))
        }
    }
}

/// The platform of a payment; one that is not set up any more cannot be asked.
fn gateway<'a>(tools: &'a Tools, payment: &Payment) -> Reply<&'a dyn Gateway> {
    tools.gateways.find(&payment.provider).ok_or_else(|| unanswered(payment, "the platform is not set up"))
}

fn unanswered(payment: &Payment, why: &str) -> Failure {
    tracing::debug!(pay_id = %payment.pay_id, provider = payment.provider, why, "the platform does not tell");
    Failure::Unknown
}
