//! Starts a payment: the order says how much, Pay records what the key leads to, the platform says where to pay. The row
//! is there before the platform is asked, so that a callback that comes first finds it.

use super::Context;
use super::keyed_lock::KeyedLock;
use super::message::{PaymentStarted, StartPayment};
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::UserId;
use crate::gateway::{Gateway, Outcome, Purchase};
use crate::order;
use crate::order::error::PaymentRefusal;
use crate::pay::error::RequestRefusal;
use crate::pay::message::{Close, Find, FindRequest, Open, Payment, SetCheckout, Status};

/// Starts a payment, or finds the one its key started.
pub async fn start(context: &Context, starts: &KeyedLock, request: StartPayment) -> Reply<PaymentStarted> {
    let Some(gateway) = context.gateways.find(&request.provider) else { return Ok(PaymentStarted::UnknownProvider) };
    if gateway.needs_payer() && request.payer.is_none() {
        return Ok(PaymentStarted::PayerMissing);
    }
    let (user_id, order_id) = (request.user_id, request.order_id);
    let earlier = FindRequest { user_id, key: request.key.clone() };
    let mut confirm_time = None;
    let prior = match ask(&context.pay, earlier).await? {
        Some(prior) => prior,
        None => {
            let amount = match ask(&context.order, order::message::StartPayment { order_id, user_id }).await? {
                Ok(payable) => {
                    confirm_time = Some(payable.confirm_time);
                    Ok(payable.amount)
                }
                Err(PaymentRefusal::NotFound) => return Ok(PaymentStarted::OrderNotFound),
                Err(PaymentRefusal::NotPayable) => Err(RequestRefusal::OrderNotPayable),
            };
            let open = Open {
                user_id,
                key: request.key,
                fingerprint: request.fingerprint.clone(),
                order_id,
                provider: gateway.name().into(),
                amount,
            };
            ask(&context.pay, open).await?
        }
    };
    if prior.fingerprint != request.fingerprint.as_str() {
        return Ok(PaymentStarted::KeyReused);
    }
    let payment = match prior.outcome {
        Ok(payment) => payment,
        Err(refusal) => return Ok(PaymentStarted::Refused(refusal)),
    };
    if has_checkout(gateway, &payment) {
        return Ok(PaymentStarted::Started(Box::new(payment)));
    }
    let turn = starts.take(payment.pay_id).await;
    let again = Find { pay_id: payment.pay_id, user_id };
    match if turn.waited { ask(&context.pay, again).await? } else { None } {
        Some(payment) if has_checkout(gateway, &payment) => Ok(PaymentStarted::Started(Box::new(payment))),
        _ => {
            if confirm_time.is_none() {
                let find = order::message::Find { order_id: payment.order_id, user_id };
                confirm_time = ask(&context.order, find).await?.and_then(|order| order.confirm_time);
            }
            let purchase = Purchase {
                pay_id: payment.pay_id,
                amount: payment.pay_amount,
                // With the order's own time to be paid: what the platform takes after that would only go back.
                closes_at: confirm_time.unwrap_or(payment.add_time).plus(context.pay_within),
                payer: request.payer,
            };
            with_checkout(context, gateway, payment, user_id, purchase).await
        }
    }
}

/// Whether there is nothing to ask the platform for.
fn has_checkout(gateway: &dyn Gateway, payment: &Payment) -> bool {
    payment.status != Status::Unpaid || (payment.checkout.is_some() && !gateway.checkout_expires())
}

async fn with_checkout(
    context: &Context,
    gateway: &dyn Gateway,
    payment: Payment,
    user_id: UserId,
    purchase: Purchase,
) -> Reply<PaymentStarted> {
    match gateway.create(purchase).await {
        Outcome::Known(None) => {
            let again = Find { pay_id: payment.pay_id, user_id };
            let mut known = ask(&context.pay, again).await?;
            if known.as_ref().is_none_or(|known| known.checkout.is_none()) {
                // The answer that told it was lost, so nobody can pay there: another key starts another payment.
                ask(&context.pay, Close { pay_id: payment.pay_id }).await?;
                known = ask(&context.pay, again).await?;
            }
            Ok(PaymentStarted::Started(Box::new(known.unwrap_or(payment))))
        }
        Outcome::Known(Some(checkout)) => {
            let set = SetCheckout { pay_id: payment.pay_id, checkout };
            let payment = ask(&context.pay, set).await?.unwrap_or(payment);
            Ok(PaymentStarted::Started(Box::new(payment)))
        }
        Outcome::Unknown(why) => {
            tracing::warn!(pay_id = %payment.pay_id, provider = gateway.name(), why, "the platform did not start the payment");
            Err(Failure::Unknown)
        }
    }
}
