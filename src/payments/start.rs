//! Starts a payment: Order returns the amount, Pay records the payment under the key, and the platform creates the
//! checkout. The row is committed before the platform is called, so that an early callback finds it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Context;
use super::close::close;
use super::message::{PaymentStarted, Reuse, StartOutcome, StartPayment};
use super::outcome::{record_closed, record_paid};
use super::platform::guarded::Guarded;
use super::platform::single::CallKind;
use super::starting::{OwnTurn, Starting};
use crate::actor::task::ask;
use crate::actor::{Failure, Reply};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, UserId};
use crate::domain::text::Payer;
use crate::gateway::{Outcome, PaymentStatus, Purchase};
use crate::order;
use crate::order::error::PaymentRefusal;
use crate::pay;
use crate::pay::error::RequestRefusal;
use crate::pay::message::turn::{EndTurn, TakeTurn, Turn};
use crate::pay::message::{FindRequest, OpenPayment, Payment, PriorRequest, SetCheckout};

/// How often a start looks whether it has its turn, while another node is starting the same payment.
const TURN_EVERY: Duration = Duration::from_millis(200);

/// A payment to be created at its platform.
struct ToCreate {
    payment: Payment,
    user_id: UserId,
    payer: Option<Payer>,
    client_ip: Option<IpAddr>,
}

/// Starts a payment, or returns the one that an earlier request with the same key started.
pub async fn start(context: &Arc<Context>, starting: &Starting, request: StartPayment) -> Reply<StartOutcome> {
    let Some(gateway) = context.platforms.find(&request.provider) else {
        return Ok(PaymentStarted::UnknownProvider(context.platforms.names()).into());
    };
    if gateway.needs_payer() && request.payer.is_none() {
        return Ok(PaymentStarted::PayerMissing.into());
    }
    let user_id = request.user_id;
    let (mut expire_time, mut start_no, mut is_first) = (None, None, false);
    let prior = match ask(&context.pay, FindRequest { user_id, key: request.key.clone() }).await? {
        Some(prior) => prior,
        None => {
            if let Some(retry_after) = unavailable(gateway) {
                return Ok(PaymentStarted::Unavailable(retry_after).into());
            }
            let order_id = request.order_id;
            let amount = match ask(&context.order, order::message::StartPayment { order_id, user_id }).await? {
                Ok(payable) => {
                    // The payment deadline of the order: money received after it would only be refunded.
                    let end = payable.confirm_time.plus(context.pay_within);
                    let lasts = gateway.payment_lasts().map(|lasts| context.clock.now().plus(lasts));
                    expire_time = Some(lasts.map_or(end, |lasts| lasts.min(end)));
                    (start_no, is_first) = (Some(payable.start_no), payable.is_first);
                    Ok(payable.amount)
                }
                Err(PaymentRefusal::NotFound) => return Ok(PaymentStarted::OrderNotFound.into()),
                Err(PaymentRefusal::NotPayable) => Err(RequestRefusal::OrderNotPayable),
            };
            let open = OpenPayment {
                user_id,
                key: request.key.clone(),
                fingerprint: request.fingerprint.clone(),
                order_id,
                provider: gateway.name().into(),
                amount,
                expire_time,
                start_no,
                return_url: request.return_url.clone(),
            };
            record(context, open, is_first).await?
        }
    };
    let is_replay = prior.is_replay;
    Ok(StartOutcome { result: proceed(context, starting, gateway, request, prior).await?, is_replay })
}

/// Records a request in Pay. If Pay has refused to do so, the order is not being paid by it; `is_first` says that it was not
/// being paid before. If the outcome is unknown, the order stays `paying` until its next payment ends, or until it expires.
async fn record(context: &Context, open: OpenPayment, is_first: bool) -> Reply<PriorRequest> {
    let (order_id, start_no) = (open.order_id, open.start_no);
    let recorded = ask(&context.pay, open).await;
    if let (Err(Failure::Busy | Failure::Poison), Some(start_no)) = (&recorded, start_no.filter(|_| is_first)) {
        // If this fails too, nothing is lost: the order is only shown as being paid for a while.
        let _ = ask(&context.order, order::message::AbandonStart { order_id, start_no }).await;
    }
    recorded
}

/// Brings a recorded request to its result: its refusal, or its payment with a checkout.
async fn proceed(
    context: &Arc<Context>,
    starting: &Starting,
    gateway: Guarded<'_>,
    request: StartPayment,
    prior: PriorRequest,
) -> Reply<PaymentStarted> {
    let user_id = request.user_id;
    if prior.fingerprint != request.fingerprint.as_str() {
        return Ok(PaymentStarted::KeyReused);
    }
    let reuse = if prior.is_reuse { Reuse::Yes } else { Reuse::No };
    let payment = match prior.outcome {
        Ok(payment) => payment,
        Err(refusal) => {
            let find = order::message::Find { order_id: request.order_id, user_id };
            let order = ask(&context.order, find).await?;
            return Ok(PaymentStarted::Refused(refusal, order.map(Box::new)));
        }
    };
    if has_checkout(gateway, &payment) {
        return Ok(PaymentStarted::Started(Box::new(payment), reuse));
    }
    let to_create = ToCreate { payment: payment.clone(), user_id, payer: request.payer, client_ip: request.client_ip };
    if gateway.creates_locally() {
        return Ok(PaymentStarted::Started(Box::new(create(context, gateway, to_create).await?), reuse));
    }
    if let Some(retry_after) = unavailable(gateway) {
        return Ok(PaymentStarted::Unavailable(retry_after));
    }
    let create = |turn| create_in_turn(Arc::clone(context), request.provider, turn, to_create);
    // The request that has recorded the payment has its first turn.
    let start = starting.join(payment.pay_id, prior.is_new, create);
    Ok(PaymentStarted::Pending(Box::new(payment), start, reuse))
}

/// The time that the platform is given as the end of a payment. Payments of older versions end with their order's time to
/// be paid.
async fn closes_at(context: &Context, payment: &Payment, user_id: UserId) -> Reply<Timestamp> {
    if let Some(expire_time) = payment.expire_time {
        return Ok(expire_time);
    }
    let find = order::message::Find { order_id: payment.order_id, user_id };
    let confirm_time = ask(&context.order, find).await?.and_then(|order| order.confirm_time);
    Ok(confirm_time.unwrap_or(payment.add_time).plus(context.pay_within))
}

/// Whether no call to the platform is needed: the payment is not open, or its checkout is stored and does not expire.
fn has_checkout(gateway: Guarded<'_>, payment: &Payment) -> bool {
    payment.status != pay::message::Status::Unpaid || (payment.checkout.is_some() && !gateway.checkout_expires())
}

/// The time until the platform is tried again, if it must be called and does not answer.
fn unavailable(gateway: Guarded<'_>) -> Option<Duration> {
    if gateway.creates_locally() { None } else { gateway.platform.refuses() }
}

/// Creates the payment at its platform when no other request of any node is doing so. A platform returns the checkout
/// of a payment only once.
async fn create_in_turn(context: Arc<Context>, provider: String, turn: OwnTurn, to_create: ToCreate) -> Reply<Payment> {
    let Some(gateway) = context.platforms.find(&provider) else { return Err(Failure::Unknown) };
    let pay_id = to_create.payment.pay_id;
    if let Some(payment) = await_turn(&context, pay_id, &turn).await? {
        return Ok(payment);
    }
    let created = create(&context, gateway, to_create).await;
    if created.is_err() {
        // The next request need not wait for the end of the lease. If the store does not respond, it waits.
        let _ = ask(&context.pay, EndTurn(pay_id)).await;
    }
    created
}

/// Waits for the turn; returns the payment if another request has created or ended it.
async fn await_turn(context: &Context, pay_id: PayId, turn: &OwnTurn) -> Reply<Option<Payment>> {
    while !turn.is_taken() {
        match ask(&context.pay, TakeTurn(pay_id)).await? {
            Turn::Taken => return Ok(None),
            Turn::Over(payment) => return Ok(Some(*payment)),
            Turn::OfAnother => tokio::time::sleep(TURN_EVERY).await,
        }
    }
    Ok(None)
}

/// Creates the checkout at the platform and stores it.
async fn create(context: &Context, gateway: Guarded<'_>, to_create: ToCreate) -> Reply<Payment> {
    let ToCreate { payment, user_id, payer, client_ip } = to_create;
    let purchase = Purchase {
        pay_id: payment.pay_id,
        amount: payment.pay_amount,
        // The same in each repeated request, also if `orders.pay_within` has changed.
        closes_at: closes_at(context, &payment, user_id).await?,
        payer,
        return_url: payment.return_url.clone(),
        client_ip,
    };
    match gateway.create(purchase).await {
        // The reply with the checkout was lost.
        Outcome::Known(None) => close_without_checkout(context, payment, user_id).await,
        Outcome::Known(Some(checkout)) => {
            let set = SetCheckout { pay_id: payment.pay_id, checkout };
            Ok(ask(&context.pay, set).await?.unwrap_or(payment))
        }
        Outcome::Undecided(why) => judge_refused(context, gateway, payment, user_id, &why).await,
        Outcome::Unknown(why) => Err(not_started(gateway, payment.pay_id, &why)),
    }
}

/// Judges a payment that its platform refuses to start. If it was paid or closed there, or has other content there, such as
/// another amount, the platform says so at once, and the request is answered with the payment as it is then.
///
/// # Errors
/// [`Failure::Unknown`] if the platform does not know the payment, so that the request can be sent again.
async fn judge_refused(
    context: &Context,
    gateway: Guarded<'_>,
    payment: Payment,
    user_id: UserId,
    why: &str,
) -> Reply<Payment> {
    let pay_id = payment.pay_id;
    match gateway.query(CallKind::Start, pay_id).await {
        Outcome::Known(PaymentStatus::Paid(charge)) => {
            record_paid(context, gateway, &payment, charge).await?;
        }
        Outcome::Known(PaymentStatus::Closed) => {
            record_closed(context, &payment).await?;
        }
        Outcome::Known(PaymentStatus::Unpaid) => return close_without_checkout(context, payment, user_id).await,
        Outcome::Known(PaymentStatus::NotFound) | Outcome::Unknown(_) | Outcome::Undecided(_) => {
            return Err(not_started(gateway, pay_id, why));
        }
    }
    Ok(ask(&context.pay, pay::message::Find { pay_id, user_id }).await?.unwrap_or(payment))
}

/// Closes a payment that exists at its platform, if there is no checkout with which the customer could pay it. It is closed
/// at the platform too: a request with another key then starts a new one.
async fn close_without_checkout(context: &Context, payment: Payment, user_id: UserId) -> Reply<Payment> {
    let find = pay::message::Find { pay_id: payment.pay_id, user_id };
    let mut stored = ask(&context.pay, find).await?;
    if stored.as_ref().is_none_or(|stored| stored.checkout.is_none()) {
        close(context, CallKind::Start, &payment).await?;
        stored = ask(&context.pay, find).await?;
    }
    Ok(stored.unwrap_or(payment))
}

/// Logs that a platform has not started a payment. A platform that does not answer was logged once.
fn not_started(gateway: Guarded<'_>, pay_id: PayId, why: &str) -> Failure {
    if gateway.platform.refuses().is_none() {
        tracing::warn!(%pay_id, provider = gateway.name(), why, "the platform did not start the payment");
    }
    Failure::Unknown
}
