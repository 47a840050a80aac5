//! The refusals of User.

/// Reason for not taking balance for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeRefusal {
    /// The user does not exist.
    NotFound,
    /// The balance is smaller than the amount.
    Insufficient,
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
    /// The balance would become negative, or the balance or the points would overflow.
    OutOfRange,
}
