//! Why Order refuses.

use crate::domain::money::Money;

/// Why a payment of an order cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// No such order, or somebody else's.
    NotFound,
    /// It is cancelled, refunded or paid already, or its time to be paid has passed.
    NotPayable,
}

/// Why something cannot be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandRefusal {
    /// No such order, or somebody else's.
    NotFound,
    /// Its state does not allow it.
    NotAllowed,
    /// More is to go back than is left of what was paid: so much is left.
    TooMuch(Money),
    /// The key was used for another request.
    KeyReused,
}
