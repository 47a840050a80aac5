//! Closes payments at their platforms and then in Pay.

use std::time::Duration;

use super::Context;
use super::message::ClosePayment;
use super::outcome::{SyncOutcome, find_gateway, is_expired, record_closed, record_paid, unknown_outcome};
use super::platform::single::CallKind;
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::OrderId;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay;
use crate::pay::message::{FindOpenOrPaid, Payment};

/// Closes a payment at its platform so that it can no longer be paid. If the customer has already paid, the payment is
/// recorded as paid. A payment that the platform does not know yet is closed here and watched there.
///
/// # Errors
/// A failure if the platform reports neither state, or if Pay does not respond.
pub async fn close(context: &Context, kind: CallKind, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = find_gateway(context, payment)?;
    match gateway.close(kind, payment.pay_id).await {
        Outcome::Known(PaymentStatus::Closed | PaymentStatus::NotFound) => record_closed(context, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => record_paid(context, gateway, payment, charge).await,
        Outcome::Known(PaymentStatus::Unpaid) => {
            Err(unknown_outcome(payment, "the platform did not close the payment"))
        }
        Outcome::Unknown(why) | Outcome::Undecided(why) => Err(unknown_outcome(payment, &why)),
    }
}

/// Closes an open payment at the request of its customer; returns the payment afterwards.
pub async fn close_for_customer(context: &Context, task: ClosePayment) -> Reply<Option<Payment>> {
    let find = pay::message::Find { pay_id: task.pay_id, user_id: task.user_id };
    let Some(payment) = ask(&context.pay, find).await? else { return Ok(None) };
    if payment.status != pay::message::Status::Unpaid {
        return Ok(Some(payment));
    }
    close(context, CallKind::Customer, &payment).await?;
    ask(&context.pay, find).await
}

/// How long a platform has to close a payment that is given up without its answer.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(2);

/// When a payment is given up whose platform does not respond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// Never: the outcome is awaited.
    Never,
    /// If the platform is not configured any more, or the payment has expired there.
    IfOver,
    /// In every state of the platform.
    Always,
}

/// The result of closing all open payments of an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Closed {
    /// One of the payments is paid.
    Paid,
    /// None of them is open any more. Those in `given_up` were closed without an answer of their platform.
    All { given_up: Vec<Payment> },
}

/// Closes all open payments of an order.
pub async fn close_payments(context: &Context, kind: CallKind, order_id: OrderId, give_up: GiveUp) -> Reply<Closed> {
    let live = ask(&context.pay, FindOpenOrPaid { order_id }).await?;
    // The order may not know of this payment yet, because the message to it may not be delivered.
    if live.iter().any(|live| live.status == pay::message::Status::Paid) {
        return Ok(Closed::Paid);
    }
    let mut given_up = Vec::new();
    for open in live.into_iter().filter(|live| live.status == pay::message::Status::Unpaid) {
        let closing = close(context, kind, &open);
        let closed = match is_given_up(context, &open, give_up) {
            true => tokio::time::timeout(GIVEN_UP_AFTER, closing).await.unwrap_or(Err(Failure::Unknown)),
            false => closing.await,
        };
        match closed {
            Ok(SyncOutcome::Open | SyncOutcome::Closed) => continue,
            Ok(SyncOutcome::Paid) => return Ok(Closed::Paid),
            // The platform has money that does not match. It is parked for an operator, and the payment cannot be paid
            // again.
            Ok(SyncOutcome::Parked(_)) => {}
            Err(_) if is_given_up(context, &open, give_up) => given_up.push(open.clone()),
            Err(failure) => return Err(failure),
        }
        ask(&context.pay, pay::message::Close { pay_id: open.pay_id }).await?;
    }
    Ok(Closed::All { given_up })
}

fn is_given_up(context: &Context, payment: &Payment, give_up: GiveUp) -> bool {
    match give_up {
        GiveUp::Never => false,
        GiveUp::IfOver => context.platforms.find(&payment.provider).is_none() || is_expired(context, payment),
        GiveUp::Always => true,
    }
}
