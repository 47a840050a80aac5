//! Messages of Payments.

use actix::Message;

use crate::actor::Reply;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::text::{Payer, Reason};
use crate::order::error::CommandRefusal;
use crate::order::message::{Author, Order};
use crate::pay::error::RequestRefusal;
use crate::pay::message::Payment;

/// Starts a payment of an order, or finds the one its key started.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PaymentStarted>")]
pub struct StartPayment {
    /// Who pays.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
    /// What the request asks for.
    pub fingerprint: Fingerprint,
    /// The order to pay.
    pub order_id: OrderId,
    /// The platform, as the client names it.
    pub provider: String,
    /// Who the customer is there.
    pub payer: Option<Payer>,
}

/// What became of [`StartPayment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStarted {
    /// The payment, with its checkout.
    Started(Box<Payment>),
    /// Refused, for this key for ever.
    Refused(RequestRefusal),
    /// No such order, or somebody else's.
    OrderNotFound,
    /// No such platform is set up.
    UnknownProvider,
    /// The platform must be told who the customer is there.
    PayerMissing,
    /// The key was used for another request.
    KeyReused,
}

/// Gives up an order that is not paid: its open payments are closed at their platforms first. Where one of them turns out
/// to be paid, the order is paid, and not given up. No outcome where a platform does not answer.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Order, CommandRefusal>>")]
pub struct Cancel {
    /// Which.
    pub order_id: OrderId,
    /// Who says so.
    pub by: Author,
    /// Why.
    pub reason: Option<Reason>,
}

/// Asks the platform now how a payment stands, and its refunds; answers the payment after that. No outcome where the
/// platform does not answer.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Query {
    /// Which.
    pub pay_id: PayId,
}

/// Does what is due now; answers how much that was. Zero: nothing is left to do until time passes or a request comes.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct FindDue;
