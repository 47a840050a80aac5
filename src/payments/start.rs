//! Starts a payment: Order returns the amount, Pay records the payment under the key, and the platform creates the
//! checkout. The row is committed before the platform is called, so that an early callback finds it.

use super::Context;
use super::keyed_lock::KeyedLock;
use super::message::{PaymentStarted, StartPayment};
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::id::UserId;
use crate::gateway::{Gateway, Outcome, Purchase};
use crate::order;
use crate::order::error::PaymentRefusal;
use crate::pay;
use crate::pay::error::RequestRefusal;
use crate::pay::message::{FindRequest, OpenPayment, Payment, SetCheckout};

/// Starts a payment, or returns the one that an earlier request with the same key started.
pub async fn start(context: &Context, start_locks: &KeyedLock, request: StartPayment) -> Reply<PaymentStarted> {
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
            let open = OpenPayment {
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
    let guard = start_locks.lock(payment.pay_id).await;
    let find = pay::message::Find { pay_id: payment.pay_id, user_id };
    // A previous holder of the lock may have stored the checkout.
    match if guard.waited { ask(&context.pay, find).await? } else { None } {
        Some(payment) if has_checkout(gateway, &payment) => Ok(PaymentStarted::Started(Box::new(payment))),
        _ => {
            if confirm_time.is_none() {
                let find = order::message::Find { order_id: payment.order_id, user_id };
                confirm_time = ask(&context.order, find).await?.and_then(|order| order.confirm_time);
            }
            let purchase = Purchase {
                pay_id: payment.pay_id,
                amount: payment.pay_amount,
                // The payment deadline of the order: money received after it would only be refunded.
                closes_at: confirm_time.unwrap_or(payment.add_time).plus(context.pay_within),
                payer: request.payer,
            };
            create_checkout(context, gateway, payment, user_id, purchase).await
        }
    }
}

/// Whether no call to the platform is needed: the payment is not open, or its checkout is stored and does not expire.
fn has_checkout(gateway: &dyn Gateway, payment: &Payment) -> bool {
    payment.status != pay::message::Status::Unpaid || (payment.checkout.is_some() && !gateway.checkout_expires())
}

/// Creates the checkout at the platform and stores it.
async fn create_checkout(
    context: &Context,
    gateway: &dyn Gateway,
    payment: Payment,
    user_id: UserId,
    purchase: Purchase,
) -> Reply<PaymentStarted> {
    match gateway.create(purchase).await {
        Outcome::Known(None) => {
            let find = pay::message::Find { pay_id: payment.pay_id, user_id };
            let mut stored = ask(&context.pay, find).await?;
            if stored.as_ref().is_none_or(|stored| stored.checkout.is_none()) {
                // The reply with the checkout was lost, so the customer cannot pay. Close the payment here: a request
                // with another key then starts a new one.
                ask(&context.pay, pay::message::Close { pay_id: payment.pay_id }).await?;
                stored = ask(&context.pay, find).await?;
            }
            Ok(PaymentStarted::Started(Box::new(stored.unwrap_or(payment))))
        }
        Outcome::Known(Some(checkout)) => {
            let set = SetCheckout { pay_id: payment.pay_id, checkout };
            let payment = ask(&context.pay, set).await?.unwrap_or(payment);
            Ok(PaymentStarted::Started(Box::new(payment)))
        }
        Outcome::Unknown(why) => {
            let (pay_id, provider) = (payment.pay_id, gateway.name());
            tracing::warn!(%pay_id, provider, why, "the platform did not start the payment");
            Err(Failure::Unknown)
        }
    }
}
