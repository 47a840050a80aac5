//! The contract of messages between owners: topics, tags, consumer groups and bodies. Owners depend on this module and
//! not on each other. Rows with these tags and bodies outlive an upgrade, so a tag or a field never changes its
//! meaning.

use serde::{Deserialize, Serialize};

use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;

/// A kind of message and its consumer groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The topic, for example `order`.
    pub topic: &'static str,
    /// The event within the topic, for example `paid`.
    pub tag: &'static str,
    /// The consumer groups. The outbox holds one row per message and group.
    pub groups: &'static [&'static str],
}

/// An order failed or was cancelled. The body is [`ReservationsReleased`].
pub const ORDER_CANCELLED: Topic = Topic { topic: "order", tag: "cancel", groups: &["goods", "coupon", "user"] };
/// An order was refunded in full before it was shipped. The body is [`ReservationsReleased`].
pub const ORDER_REFUNDED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["goods", "coupon", "user", "points"] };
/// An order was refunded in full after it was shipped, so the stock is not released. The body is
/// [`ReservationsReleased`].
pub const ORDER_REFUNDED_SHIPPED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["coupon", "user", "points"] };

/// The reservations an order may hold. Each owner releases those it has made for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationsReleased {
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the customer.
    pub user_id: UserId,
    /// Id of the order's coupon, if any.
    pub coupon_id: Option<CouponId>,
    /// Ids of the ordered goods.
    pub goods: Vec<GoodsId>,
}

/// An order is paid. The body is [`Paid`]. Pay reports every payment to Order; only Order decides which one pays the
/// order.
pub const ORDER_PAID: Topic = Topic { topic: "order", tag: "paid", groups: &["points"] };

/// A payment must be refunded, because a refund was requested or because the order cannot accept the payment. The body
/// is [`RefundRequested`].
pub const ORDER_REFUND_REQUESTED: Topic = Topic { topic: "order", tag: "repay", groups: &["pay"] };

/// The body of [`ORDER_REFUND_REQUESTED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequested {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the payment to refund. `None` means the payment that is paid, if the order does not know its id.
    pub pay_id: Option<PayId>,
    /// Amount to refund.
    pub amount: Money,
    /// Reason of the refund.
    pub reason: String,
}

/// A payment is paid. The body is [`Paid`].
pub const PAYMENT_PAID: Topic = Topic { topic: "payment", tag: "paid", groups: &["order", "pay_log"] };

/// The body of [`PAYMENT_PAID`] and [`ORDER_PAID`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Id of the order it pays.
    pub order_id: OrderId,
    /// Id of the customer.
    pub user_id: UserId,
    /// Amount of the payment.
    pub pay_amount: Money,
}
