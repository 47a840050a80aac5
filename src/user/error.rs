//! The refusals of User.

use crate::domain::money::Money;

/// Reason for not taking balance for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeRefusal {
    /// The user does not exist.
    NotFound,
    /// The balance, which is given, is smaller than the amount.
    Insufficient(Money),
    /// The order was compensated before: its log has a tombstone.
    Released,
}

/// Another user has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameTaken;

/// Reason for not adjusting balance and points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustRefusal {
    /// The user does not exist.
    NotFound,
    /// The balance would become negative or too high, or the points would overflow; with the present balance.
    OutOfRange(Money),
    /// The idempotency key was used for another request.
    KeyReused,
}

/// The user has a second factor already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasSecondFactor;
