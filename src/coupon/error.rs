//! Why Coupon refuses.

/// Why a coupon is not bound to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such coupon, or somebody else's.
    NotFound,
    /// Another order uses it.
    Used,
    /// The order was compensated already: its tombstone stands.
    Released,
}
