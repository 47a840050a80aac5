//! Why Goods refuses.

/// Why units are not reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A line names goods that do not exist.
    NotFound,
    /// Fewer units are left than a line asks for.
    Insufficient,
    /// The order was compensated already: its tombstone stands.
    Released,
}

/// Why stock is not changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustRefusal {
    /// No such goods.
    NotFound,
    /// The stock would leave its range, 0 to 1,000,000,000.
    OutOfRange,
}
