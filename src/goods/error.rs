//! The refusals of Goods.

use crate::domain::id::GoodsId;

/// Reason for not reserving units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveRefusal {
    /// A line names these goods, which do not exist.
    NotFound(GoodsId),
    /// Lines name these goods, which are off sale.
    OffSale(Vec<GoodsId>),
    /// Lines ask for more units of these goods than are in stock; with the number of units in stock.
    Insufficient(Vec<(GoodsId, i64)>),
    /// The order was compensated before: its log has a tombstone.
    Released,
}

/// Reason for not changing goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// The goods do not exist.
    NotFound,
    /// The goods have another revision than the change expects.
    Outdated,
}

/// Reason for not adjusting the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustRefusal {
    /// The goods do not exist.
    NotFound,
    /// The stock would leave its range, 0 to 1,000,000,000; with the present stock.
    OutOfRange(i64),
    /// The idempotency key was used for another request.
    KeyReused,
}
