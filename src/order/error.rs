//! Why Order refuses.

/// Why a payment of an order cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// No such order, or somebody else's, or not confirmed yet and so not visible.
    NotFound,
    /// It is cancelled, refunded or paid already.
    NotPayable,
}
