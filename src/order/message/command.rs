//! Actions on an order after it was placed.

use actix::Message;
use serde::Serialize;

use super::Order;
use crate::actor::Reply;
use crate::domain::id::{OrderId, PayId, RefundId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::returned::Units;
use crate::domain::text::{Carrier, CustomerMessage, Reason, TrackingNo};
use crate::order::error::CommandRefusal;

/// Author of a [`Command`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The shop itself.
    Shop,
    /// A customer; the order must belong to this user.
    Customer(UserId),
    /// An administrator.
    Admin(UserId),
}

/// Action on an order after it was placed.
#[derive(Debug, Clone)]
pub enum Action {
    /// Cancel the order before it is paid.
    Cancel {
        /// The reason, if the author gives one. That of an administrator is for operators.
        reason: Option<Reason>,
        /// Words of an administrator for the customer.
        message: Option<CustomerMessage>,
        /// The payments that were given up without an answer of their platform.
        given_up: Vec<GivenUp>,
    },
    /// Cancel the order because its payment period has expired.
    Expire,
    /// Mark the order as shipped. Repeated with the same parcel, it changes nothing.
    Ship(Parcel),
    /// Mark the order as received by its customer.
    Receive,
    /// Refund all or part of the amount paid.
    Refund(Refund),
}

/// A payment that was given up without an answer of its platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenUp {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Amount of the payment.
    pub amount: Money,
    /// Name of the platform.
    pub provider: String,
}

/// How an order is shipped, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The company that carries the parcel.
    pub carrier: Option<Carrier>,
    /// The number of the parcel at its carrier.
    pub tracking_no: Option<TrackingNo>,
}

/// A refund of a paid order.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Id of the refund; ignored if `key` was used before.
    pub refund_id: RefundId,
    /// Idempotency key of the client: the same key means the same refund.
    pub key: Option<IdempotencyKey>,
    /// Fingerprint of the request.
    pub fingerprint: Fingerprint,
    /// Part of the amount that was paid on a platform. `None` means all that is left of it. Once all of it is back,
    /// balance, coupon and points are released too, and the goods if they have not been shipped.
    pub amount: Option<Money>,
    /// Units that go back into stock when the refund is done, each product once.
    pub units: Vec<Units>,
    /// Reason for the refund. That of an administrator is for operators.
    pub reason: Option<Reason>,
    /// Words for the customer, which the platform shows too: those of an administrator, or the customer's own reason.
    pub message: Option<CustomerMessage>,
}

/// Carries out an action on an order if its state allows that, and writes the resulting messages, in one transaction.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Commanded, CommandRefusal>>")]
pub struct Command {
    /// Id of the order.
    pub order_id: OrderId,
    /// Author of the command, checked against the order and written to the log.
    pub author: Author,
    /// Action to carry out.
    pub action: Action,
}

/// The outcome of a [`Command`] that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commanded {
    /// The order in its present state.
    pub order: Order,
    /// Refund that the command has requested. `None` for other actions, and if nothing goes back through a platform.
    pub refund_id: Option<RefundId>,
    /// Whether an earlier command under the same key has had the effect already.
    pub is_replay: bool,
}
