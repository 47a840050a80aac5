//! Messages of the payments actor.

use actix::Message;

use crate::actor::Reply;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::text::{Payer, Reason};
use crate::order::error::CommandRefusal;
use crate::order::message::{Author, Order};
use crate::pay::error::RequestRefusal;
use crate::pay::message::Payment;

/// Starts a payment of an order, or returns the payment that an earlier request with the same key started.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PaymentStarted>")]
pub struct StartPayment {
    /// The customer who pays.
    pub user_id: UserId,
    /// The client's idempotency key.
    pub key: IdempotencyKey,
    /// The fingerprint of the request body.
    pub fingerprint: Fingerprint,
    /// The order to pay.
    pub order_id: OrderId,
    /// The name of the payment product, as sent by the client.
    pub provider: String,
    /// The customer's id at the platform, if the client sends it.
    pub payer: Option<Payer>,
}

/// The result of [`StartPayment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStarted {
    /// The payment; an unpaid one has its checkout.
    Started(Box<Payment>),
    /// Refused; the refusal is stored, and a repeated request with the same key gets it again.
    Refused(RequestRefusal),
    /// The order does not exist or belongs to another user.
    OrderNotFound,
    /// No payment product with this name is configured.
    UnknownProvider,
    /// The platform requires the customer's id (`payer`), and the request has none.
    PayerMissing,
    /// The key was used for a different request.
    KeyReused,
}

/// Cancels an unpaid order. Its open payments are closed at their platforms first. If one of them turns out to be paid,
/// the payment is recorded and the cancellation is refused. Fails if a platform does not respond.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Order, CommandRefusal>>")]
pub struct Cancel {
    /// The order to cancel.
    pub order_id: OrderId,
    /// The author of the cancellation.
    pub by: Author,
    /// The reason given by the author.
    pub reason: Option<Reason>,
}

/// Queries the platform for the status of a payment and of its unfinished refunds, and returns the updated payment;
/// `None` if the payment does not exist. Fails if the platform does not respond.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Query {
    /// The payment to query.
    pub pay_id: PayId,
}

/// Finds and processes all due work; returns the number of jobs. Zero means that nothing is left to do until time
/// passes or a new request arrives.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct FindDue;
