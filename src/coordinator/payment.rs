//! Starts a payment: the order says how much, Pay records what the key leads to, the platform says where to pay. The row
//! is there before the platform is asked, so that a callback that comes first finds it.

use super::Tools;
use super::message::{PaymentStarted, StartPayment};
use crate::gateway::{Gateway, Outcome};
use crate::order;
use crate::order::error::PaymentRefusal;
use crate::pay::error::RequestRefusal;
use crate::pay::message::{FindRequest, Open, Prior, SetCheckout, Status};
use crate::runtime::{Failure, Reply, task::ask};

/// Starts a payment, or finds the one its key started.
pub async fn start(tools: &Tools, request: StartPayment) -> Reply<PaymentStarted> {
    let Some(gateway) = tools.gateways.find(&request.provider) else { return Ok(PaymentStarted::UnknownProvider) };
    let (user_id, order_id) = (request.user_id, request.order_id);
    let earlier = FindRequest { user_id, key: request.key.clone() };
    let prior = match ask(&tools.owners.pay, earlier).await? {
        Some(prior) => prior,
        None => {
            let amount = match ask(&tools.owners.order, order::message::StartPayment { order_id, user_id }).await? {
                Ok(amount) => Ok(amount),
                Err(PaymentRefusal::NotFound) => return Ok(PaymentStarted::OrderNotFound),
                Err(PaymentRefusal::NotPayable) => Err(RequestRefusal::OrderNotPayable),
            };
            let open = Open {
                user_id,
                key: request.key,
                fingerprint: request.fingerprint.clone(),
                order_id,
                provider: gateway.name(),
                amount,
            };
            ask(&tools.owners.pay, open).await?
        }
    };
    if prior.fingerprint != request.fingerprint.as_str() {
        return Ok(PaymentStarted::KeyReused);
    }
    with_checkout(tools, gateway, prior).await
}

async fn with_checkout(tools: &Tools, gateway: &dyn Gateway, prior: Prior) -> Reply<PaymentStarted> {
    let payment = match prior.outcome {
        Ok(payment) => payment,
        Err(refusal) => return Ok(PaymentStarted::Refused(refusal)),
    };
    if payment.checkout.is_some() || payment.status != Status::Unpaid {
        return Ok(PaymentStarted::Started(Box::new(payment)));
    }
    match gateway.create(payment.pay_id, payment.pay_amount).await {
        Outcome::Known(checkout) => {
            let set = SetCheckout { pay_id: payment.pay_id, checkout };
            let payment = ask(&tools.owners.pay, set).await?.unwrap_or(payment);
            Ok(PaymentStarted::Started(Box::new(payment)))
        }
        Outcome::Unknown(why) => {
            tracing::warn!(pay_id = %payment.pay_id, provider = gateway.name(), why, "the platform did not start the payment");
            Err(Failure::Unknown)
        }
    }
}
