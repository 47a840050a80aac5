//! The refusals of Order.

use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::returned::Excess;

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
    /// The state of the order, which is given, does not allow the action.
    NotAllowed(OrderState),
    /// An earlier command under the same key was refused by the state of the order. Its present state is given.
    NotAllowedBefore(OrderState),
    /// The requested refund exceeds the refundable amount, which is given.
    TooMuch(Money),
    /// More units are to go back into stock than the order has left.
    TooManyUnits(Excess),
    /// The idempotency key was used for another request.
    KeyReused,
}
