//! Messages of the payments actor.

use std::net::IpAddr;
use std::time::Duration;

use actix::Message;

pub use super::starting::Start;
use crate::actor::Reply;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::text::{CustomerMessage, Payer, Reason};
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::order::error::CommandRefusal;
use crate::order::message::{Author, Order};
use crate::pay::error::RequestRefusal;
use crate::pay::message::Payment;

/// Starts a payment of an order, or returns the payment that an earlier request with the same key started.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<StartOutcome>")]
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
    /// The page to which the customer goes after the payment.
    pub return_url: Option<String>,
    /// The customer's address, if it is known.
    pub client_ip: Option<IpAddr>,
}

/// Whether a request has opened its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// The payment was opened for the request.
    No,
    /// The payment was open already. A repeated request with the same key has the same outcome.
    Yes,
}

/// The outcome of [`StartPayment`].
#[derive(Debug, Clone)]
pub struct StartOutcome {
    /// The result.
    pub result: PaymentStarted,
    /// Whether it is the result of an earlier request with the same key.
    pub is_replay: bool,
}

impl From<PaymentStarted> for StartOutcome {
    fn from(result: PaymentStarted) -> Self {
        Self { result, is_replay: false }
    }
}

/// The result of [`StartPayment`].
#[derive(Debug, Clone)]
pub enum PaymentStarted {
    /// The payment; an unpaid one has its checkout.
    Started(Box<Payment>, Reuse),
    /// The payment is recorded, and its platform is being called.
    Pending(Box<Payment>, Start, Reuse),
    /// The platform does not answer, and is tried again after this time. Nothing is recorded for a new request.
    Unavailable(Duration),
    /// Refused; the refusal is stored, and a repeated request with the same key gets it again. With the order as it is
    /// now.
    Refused(RequestRefusal, Option<Box<Order>>),
    /// The order does not exist or belongs to another user.
    OrderNotFound,
    /// No payment product with this name is configured; these are.
    UnknownProvider(Vec<String>),
    /// The platform requires the customer's id (`payer`), and the request has none.
    PayerMissing,
    /// The key was used for a different request.
    KeyReused,
}

/// Cancels an unpaid order. Its open payments are closed at their platforms first. If one of them turns out to be paid,
/// the payment is recorded and the cancellation is refused. Fails if a platform does not respond, unless an administrator
/// gives up its payment.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Order, CommandRefusal>>")]
pub struct Cancel {
    /// The order to cancel.
    pub order_id: OrderId,
    /// The author of the cancellation.
    pub by: Author,
    /// The reason given by the author.
    pub reason: Option<Reason>,
    /// Words of an administrator for the customer.
    pub message: Option<CustomerMessage>,
    /// Whether a payment whose platform does not respond is given up. An administrator need not ask for that if the
    /// platform is not configured any more, or if the payment has expired there.
    pub without_platform: bool,
}

/// Closes an open payment of a customer at its platform and then here; `None` if the customer has no such payment. A
/// payment that is closed already stays so. If the customer has paid, the payment is recorded as paid. Fails if the platform
/// does not respond.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct ClosePayment {
    /// The payment to close.
    pub pay_id: PayId,
    /// Customer that the payment must belong to.
    pub user_id: UserId,
}

/// Queries the platform for the status of a payment and of its unfinished refunds, and returns the updated payment;
/// `None` if the payment does not exist. Fails if the platform does not respond.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Query {
    /// The payment to query.
    pub pay_id: PayId,
}

/// Downloads a platform's statement of a day.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<u8>, NoStatement>")]
pub struct DownloadStatement {
    /// The name of the platform, or of one of its products.
    pub provider: String,
    /// The kind of statement.
    pub bill: Bill,
    /// The day.
    pub day: Day,
}

/// Reason for which there is no statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoStatement {
    /// No payment product with this name is configured.
    UnknownProvider,
    /// The platform does not answer, and is tried again after this time.
    Unavailable(Duration),
    /// The platform has none, or its answer cannot be used, for this reason.
    None(String),
}

/// Finds and processes all due work; returns the number of jobs. Zero means that nothing is left to do until time
/// passes or a new request arrives.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct FindDue;
