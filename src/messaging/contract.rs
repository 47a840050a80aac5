//! The messages owners send each other: topics, tags, consumer groups and bodies. Owners know this file, and not each
//! other. Rows with these tags and bodies are in flight across an upgrade, so a tag or a field never changes its meaning.

use serde::{Deserialize, Serialize};

use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;

/// Who gets a kind of message: one row per group and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// What it is about.
    pub topic: &'static str,
    /// What happened.
    pub tag: &'static str,
    /// The consumer groups, each of which gets its own row.
    pub groups: &'static [&'static str],
}

/// Messages of an order that failed or was cancelled.
pub const ORDER_CANCELLED: Topic = Topic { topic: "order", tag: "cancel", groups: &["goods", "coupon", "user"] };
/// Messages of an order that was refunded in full before it was shipped.
pub const ORDER_REFUNDED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["goods", "coupon", "user", "points"] };
/// The same after it was shipped: the goods are gone.
pub const ORDER_REFUNDED_SHIPPED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["coupon", "user", "points"] };

/// The body of those three: what the order asked for, so that each owner gives back what it took of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationsReleased {
    /// Which order.
    pub order_id: OrderId,
    /// Whose it was.
    pub user_id: UserId,
    /// The coupon it wanted.
    pub coupon_id: Option<CouponId>,
    /// The goods it wanted.
    pub goods: Vec<GoodsId>,
}

/// Messages of an order that is paid; the body is [`crate::messaging::contract::Paid`]. Pay tells Order of every payment; only
/// Order knows which of them pays it.
pub const ORDER_PAID: Topic = Topic { topic: "order", tag: "paid", groups: &["points"] };

/// Messages of money that is to go back: a refund was asked for, or the order did not want the payment.
pub const ORDER_REPAY: Topic = Topic { topic: "order", tag: "repay", groups: &["pay"] };

/// The body of [`ORDER_REPAY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequested {
    /// The number of the refund.
    pub refund_id: RefundId,
    /// Of which order.
    pub order_id: OrderId,
    /// Of which payment; the one that is paid, where the order does not know it.
    pub pay_id: Option<PayId>,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

/// Messages of a paid payment.
pub const PAYMENT_PAID: Topic = Topic { topic: "payment", tag: "paid", groups: &["order", "pay_log"] };

/// The body of [`PAYMENT_PAID`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Which payment.
    pub pay_id: PayId,
    /// Which order it pays.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// How much.
    pub pay_amount: Money,
}
