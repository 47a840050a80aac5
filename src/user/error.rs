//! Why User refuses.

/// Why balance is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such user.
    NotFound,
    /// The balance is smaller.
    Insufficient,
    /// The order was compensated already: its tombstone stands.
    Released,
}

/// Somebody else has this user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameTaken;

/// Why a balance is not changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustRefusal {
    /// No such user.
    NotFound,
    /// The balance would leave its range.
    OutOfRange,
}
