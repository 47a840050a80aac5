//! The refusals of Coupon.

/// Reason for not binding a coupon to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindRefusal {
    /// The coupon does not exist or belongs to another user.
    NotFound,
    /// Another order uses the coupon.
    Used,
    /// The order was compensated before: its log has a tombstone.
    Released,
}
