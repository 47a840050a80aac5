//! The refusals of Order.

use crate::domain::money::Money;

/// Reason for not starting a payment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// The order does not exist or belongs to another user.
    NotFound,
    /// The order is cancelled, refunded or paid already, or its payment period has expired.
    NotPayable,
}

/// Reason for not carrying out a [`Command`](super::message::Command).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandRefusal {
    /// The order does not exist or belongs to another user.
    NotFound,
    /// The state of the order does not allow the action.
    NotAllowed,
    /// The requested refund exceeds the refundable amount, which is given.
    TooMuch(Money),
    /// The idempotency key was used for another request.
    KeyReused,
}
