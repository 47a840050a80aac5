//! Why Order refuses.

/// Why a payment of an order cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// No such order, or somebody else's.
    NotFound,
    /// It is cancelled, refunded or paid already, or its time to be paid has passed.
    NotPayable,
}
