//! The refusals of Goods.

/// Reason for not reserving units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReserveRefusal {
    /// A line names goods that do not exist.
    NotFound,
    /// A line asks for more units than are in stock.
    Insufficient,
    /// The order was compensated before: its log has a tombstone.
    Released,
}

/// Reason for not adjusting the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustRefusal {
    /// The goods do not exist.
    NotFound,
    /// The stock would leave its range, 0 to 1,000,000,000.
    OutOfRange,
}
